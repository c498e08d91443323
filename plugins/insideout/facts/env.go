package facts

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/testpod"
)

// Fact is a fact of insideout.
type Fact[T any] = fact.Fact[*Env, T]

// Env holds what gathering the facts about one target needs, and the facts that were gathered. Call Bind before reading the
// first.
type Env struct {
	fact.Memo
	Clients *kube.Clients
	Notes   jobpod.Notes
	// Client is the one that connects to the target; Request is what it requests.
	Client  Client
	Request Request
	// To is what the target, a pod, connects to; its zero value for all other targets.
	To Destination
	// TestPods are the pods that send requests; nil with --no-probe.
	TestPods *testpod.Pool
	Timeout  time.Duration // for each connection, and again for its response
	Shared   *fact.Share   // nil: nothing is shared with other targets
	// TunnelDoctor is the command that diagnoses the tunnel, named in errors that the tunnel causes; empty: none is named.
	TunnelDoctor string
	NodeProbes   bool // the ClusterIP is tried from several nodes
	Logs         bool // log lines may be gathered; they end up in the bundle too
	Azure        AzureMode
	Capture      *Capture // nil: no packets are captured
	Named        bool     // the user named the target; false: it is one of all those that were found
}

// Bind makes the Env gather facts, and returns it.
func (e *Env) Bind() *Env {
	e.Explain = func(err error) error {
		if refused := (*testpod.RefusedError)(nil); errors.As(err, &refused) {
			err = fmt.Errorf("%w; --probe-namespace NAMESPACE runs it elsewhere", err)
		}
		return e.withTunnelDoctor(kube.NameDenied(err))
	}
	fact.Bind(e)
	return e
}

// Client is the client that connects to the target.
type Client struct {
	Namespace string // empty: the target's
	Pod       string // empty: any pod
	// Refused is why the target's namespace does not admit the test pod, for which it runs in Namespace; empty: it may.
	Refused string
}

// Request is what the user wants to request from the app.
type Request struct {
	Host string // empty: the Ingress rule's
	Path string // empty: the rule's, and / of the app itself
	// Routes are the HTTPRoutes that the user named. Serving are those of other namespaces that serve the host that the user named,
	// where nothing else does.
	Routes, Serving []ingress.Backend
}

// clientNamespace is the namespace of the client and of the test pod.
func (e *Env) clientNamespace() string { return cmp.Or(e.Client.Namespace, e.Target.Namespace) }

// IsNotHeld is fact.IsNotHeld, for checks.
func IsNotHeld(err error) bool { return fact.IsNotHeld(err) }
