package facts

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/noderun"
)

// Fact is a fact of the doctors.
type Fact[T any] = fact.Fact[*Env, T]

// Env is what gathering the facts about one target needs, and what has been gathered.
type Env struct {
	fact.Memo
	// Client is who connects to the target, Request what is asked there.
	Client  Client
	Request Request
	// To is where connections from the target go, where that is a pod.
	To Destination
	// Clients is nil where the facts come from a bundle.
	Clients *kube.Clients
	Notes   jobpod.Notes
	// TestPods makes the pods from which is probed; nil with --no-probe.
	TestPods *TestPods
	Timeout  time.Duration // for one probe
	Shared   *fact.Cache   // nil: nothing is shared with other targets
	// NodeProber runs commands on nodes; nil with --no-create.
	NodeProber noderun.Prober
	// TunnelDoctor is the command that finds out why the API server does not reach a node, for errors that come of it; empty: none
	// is named.
	TunnelDoctor string
	// NodeProbes says that the ClusterIP is tried from several nodes.
	NodeProbes bool
	// Enter is a pod of the current namespace into which exec and port-forward are tried in place of test pods; empty: none.
	Enter    string
	AllNodes bool // the symptoms are tried on every node, however many there are
	Egress   bool // what nodes need outside the cluster is tried
	// Logs says that lines of logs may be gathered: they would be in the bundle too.
	Logs bool
}

// Bind makes the Env gather facts, and returns it.
func (e *Env) Bind() *Env {
	e.Explain = func(err error) error { return e.pointed(plain(err)) }
	fact.Bind(e)
	return e
}

// Client is who connects to what is walked.
type Client struct {
	Namespace string // empty: that of the target
	Pod       string // empty: any pod
}

// Request is what the user wants to ask of the app.
type Request struct {
	Host string // empty: that of the Ingress's rule
	Path string // empty: that of the rule, and / of the app itself
}

// clientNamespace is where the client is, and the test pod.
func (e *Env) clientNamespace() string { return cmp.Or(e.Client.Namespace, e.Target.Namespace) }

var forbidden = regexp.MustCompile(`cannot (\w+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?`)

// plain makes an error of the API server one that names the missing right as `kubectl auth can-i` takes it.
func plain(err error) error {
	if err == nil || !strings.Contains(err.Error(), "is forbidden") { // an upgrade's error is text alone
		return err
	}
	match := forbidden.FindStringSubmatch(err.Error())
	if match == nil {
		return err
	}
	r := kube.Right{Verb: match[1], Resource: match[2], Group: match[3], Namespace: match[4]}
	return &kube.DeniedError{Missing: []kube.Right{r}}
}
