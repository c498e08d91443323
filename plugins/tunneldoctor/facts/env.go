package facts

import (
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/testpod"
)

// Fact is a fact of tunneldoctor.
type Fact[T any] = fact.Fact[*Env, T]

// Env is what gathering the facts about the cluster needs, and what has been gathered. Call Bind before the first fact is read.
type Env struct {
	fact.Memo
	Clients *kube.Clients
	Notes   jobpod.Notes
	// TestPods are the pods into which exec and port-forward are tried; nil with --no-create.
	TestPods *testpod.Pool
	// NodeProber runs commands on nodes; nil with --no-create.
	NodeProber noderun.Runner
	// Enter is a pod of the current namespace into which exec and port-forward are tried in place of test pods; empty: none.
	EnterPod string
	AllNodes bool // try every node, however many there are
	Egress   bool // try the servers outside the cluster that nodes need
	Logs     bool // log lines may be gathered; they end up in the bundle too
}

// Bind makes the Env gather facts, and returns it.
func (e *Env) Bind() *Env {
	e.Explain = kube.NameDenied
	fact.Bind(e)
	return e
}
