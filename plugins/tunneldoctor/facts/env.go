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

// Env is what gathering the facts about a cluster needs, and the facts gathered so far. Call Bind before reading a fact.
type Env struct {
	fact.Memo
	Clients *kube.Clients
	Notes   jobpod.Notes
	// TestPods says how to create the test pods on which exec and port-forward are tried; nil with --no-create.
	TestPods *testpod.Pool
	// NodeProber runs commands on nodes; nil with --no-create.
	NodeProber noderun.Runner
	// EnterPod is a pod in the current namespace on which exec and port-forward are tried; empty: on test pods.
	EnterPod string
	AllNodes bool // try the symptoms on every node, not only on maxChosen
	Egress   bool // check whether nodes reach the servers outside the cluster that AKS requires
	Logs     bool // keep lines of the agents' logs; bundles then hold them
	Azure    AzureMode
	// Servers are the names under which the kubeconfig knows the API server.
	Servers []string
}

// Bind prepares e for gathering facts, and returns it.
func (e *Env) Bind() *Env {
	e.Explain = kube.NameDenied
	fact.Bind(e)
	return e
}

// IsNotHeld is fact.IsNotHeld, for checks.
func IsNotHeld(err error) bool { return fact.IsNotHeld(err) }
