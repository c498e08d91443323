package facts

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/noderun"
)

// Env is what gathering the facts about one target needs, and what has been gathered. It implements check.Facts.
type Env struct {
	Target check.Ref
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
	Shared   *Shared       // nil: nothing is shared with other targets
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

	mu    sync.Mutex
	known map[string]*entry
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

// entry is one fact, gathered or being gathered.
type entry struct {
	once     sync.Once
	value    any
	evidence []check.Evidence
	err      error
}

// slow is how long a fact may take; what makes pods has limits of its own within it.
const slow = 2 * time.Minute

// Fact implements check.Facts.
func (e *Env) Fact(ctx context.Context, n check.Need) (any, []check.Evidence, error) {
	f, ok := n.(Known)
	if !ok {
		return nil, nil, fmt.Errorf("%q is no fact", n.FactName())
	}
	known := e.entry(f.FactName())
	known.once.Do(func() {
		if e.Clients == nil {
			known.err = fmt.Errorf("the bundle does not hold the fact %q", f.FactName())
			return
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(ctx, slow)
		defer cancel()
		known.value, known.evidence, known.err = f.gather(ctx, e)
		known.err = e.pointed(plain(known.err))
		e.Notes.Stepf("%s: found out %s in %s", e.Target, f.FactName(), time.Since(start).Round(time.Millisecond))
	})
	return known.value, known.evidence, known.err
}

func (e *Env) entry(name string) *entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil {
		e.known = map[string]*entry{}
	}
	if e.known[name] == nil {
		e.known[name] = &entry{}
	}
	return e.known[name]
}

// Put gives a fact that is known already.
func Put[T any](e *Env, f *Fact[T], value T, seen ...check.Evidence) {
	known := e.entry(f.Name)
	known.once.Do(func() { known.value, known.evidence = value, seen })
}

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
