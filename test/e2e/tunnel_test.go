package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// The corpus of tunneldoctor breaks what all of the cluster shares, so its cases run one after another.

// TestTunnelFaults holds that each fault leads to its code: healthy before, the code first, and healthy again after, by the
// printed fix where that mends it.
func TestTunnelFaults(t *testing.T) {
	l := theLab(t)
	breaks := faults.TunnelBreaks()
	l.tunnelHealthy(t, "before all")
	for _, seed := range seeds(t) {
		for _, f := range tunnelFaults() {
			l.runTunnelFault(t, f, breaks, seed)
		}
	}
	l.tunnelHealthy(t, "after all")
}

// TestTunnelOthers holds the same on clusters with other tunnels, and that each is healthy at first.
func TestTunnelOthers(t *testing.T) {
	l := theLab(t)
	if !whole() {
		t.Skip("only in the whole corpus (make faults): the lab is brought up anew for each tunnel")
	}
	breaks := faults.TunnelBreaks()
	t.Cleanup(func() {
		if err := l.quietly("lab", "up", "--apps"); err != nil {
			t.Error(err)
		}
	})
	tunnel := ""
	for _, f := range faults.OtherTunnels() {
		if f.Tunnel != tunnel {
			tunnel = f.Tunnel
			if err := l.quietly("lab", "up", "--tunnel", tunnel); err != nil {
				t.Fatal(err)
			}
			t.Run(tunnel+"-healthy", func(t *testing.T) { l.tunnelHealthy(t, "with the tunnel "+tunnel) })
		}
		for _, seed := range seeds(t) {
			l.runTunnelFault(t, f, breaks, seed)
		}
	}
}

func (l lab) runTunnelFault(t *testing.T, f faults.TunnelFault, breaks map[string]faults.TunnelBroken, seed uint64) {
	b, ok := breaks[f.Name]
	if !ok {
		t.Errorf("fault %s is in the list and not made", f.Name)
		return
	}
	name := fmt.Sprintf("%s/%d", f.Name, seed)
	if f.Tunnel != "" {
		name = f.Tunnel + "/" + name
	}
	t.Run(name, func(t *testing.T) { l.tryTunnelFault(t, f, b, seed) })
}

// tunnelFaults are all, or the first of each code.
func tunnelFaults() []faults.TunnelFault {
	all := faults.Tunnel()
	if whole() {
		return all
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(f faults.TunnelFault) bool {
		again := seen[f.Code]
		seen[f.Code] = true
		return again
	})
}

func (l lab) tryTunnelFault(t *testing.T, f faults.TunnelFault, b faults.TunnelBroken, seed uint64) {
	c := l.tunnelCase(t, f.Name, seed)
	cleared := false
	clear := func() {
		if !cleared {
			cleared = true
			if err := b.Clear(l, c); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(clear)
	if b.NotReady {
		l.grown(t)
	}
	if err := b.Inject(l, c); err != nil {
		t.Fatal(err)
	}
	if b.NotReady {
		l.notReady(t, c, b.Everywhere)
	}
	r, code, text, took := l.tunneldoctor(t, append(c.Args, saved(f.Name)...)...)
	want := check.Status(f.Status)
	if want == "" {
		want = check.Fail
	}
	if r.Verdict.Code != f.Code || r.Verdict.Status != want {
		t.Errorf("verdict %s %s (%s), want %s %s (%s)\n%s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary, want, f.Code, f.Why, text)
	}
	if exit := map[check.Status]int{check.Fail: 3, check.Warn: 0, check.Unknown: 2}[want]; code != exit {
		t.Errorf("exit code %d, want %d", code, exit)
	}
	if took > 30*time.Second {
		t.Errorf("the verdict took %s", took)
	}
	t.Logf("verdict after %s: %s %s %s", took.Round(100*time.Millisecond), r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary)
	if b.Heals {
		l.heal(t, b, r)
		clear()
		l.tunnelWorks(t)
		return
	}
	clear()
	if !whole() { // the next case holds that all is well, and the last one that nothing is left
		l.tunnelWorks(t)
		return
	}
	l.tunnelHealthy(t, "after clearing")
}

// heal runs what the report says to do, and holds that then all is well. One cause on several nodes takes a round for each.
func (l lab) heal(t *testing.T, b faults.TunnelBroken, r report.Report) {
	t.Helper()
	for round := range 1 + b.More {
		if round > 0 {
			r, _, _, _ = l.tunneldoctor(t)
		}
		if len(r.Verdict.Fixes) <= b.Fix {
			t.Errorf("round %d: the verdict %s has %d fixes", round, r.Verdict.Code, len(r.Verdict.Fixes))
			return
		}
		l.apply(t, r.Verdict.Fixes[b.Fix])
		if !b.Everywhere { // each run names the first fixes of all its findings
			continue
		}
		for _, f := range r.Results[slices.IndexFunc(r.Results, func(result check.Result) bool { return result.Code == r.Verdict.Code })].Findings[1:] {
			l.apply(t, f.Fixes[b.Fix])
		}
	}
	l.tunnelHealthy(t, "after the fix")
}

// apply runs the commands of a fix as they are printed.
func (l lab) apply(t *testing.T, f check.Fix) {
	t.Helper()
	for _, argv := range f.Commands {
		name := argv[0]
		args := argv[1:]
		if name == "kubectl" && len(args) > 0 && args[0] == "aksnode" {
			name, args = "kubectl-aksnode", args[1:]
		}
		if out := l.run(t, "", name, args...); out.code != 0 {
			t.Errorf("the fix %s: exit code %d: %s", report.Quote(argv), out.code, out.stderr)
		}
	}
}

// TestTunnelHealthy holds that what is healthy leads to no finding.
func TestTunnelHealthy(t *testing.T) {
	l := theLab(t)
	setups := faults.TunnelSetups()
	list := faults.TunnelHealthy()
	if !whole() {
		list = list[:5]
	}
	for _, seed := range seeds(t) {
		for _, s := range list {
			b, ok := setups[s.Name]
			if !ok {
				t.Errorf("set-up %s is in the list and not made", s.Name)
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", s.Name, seed), func(t *testing.T) {
				c := l.tunnelCase(t, s.Name, seed)
				t.Cleanup(func() {
					if err := b.Clear(l, c); err != nil {
						t.Error(err)
					}
				})
				if err := b.Inject(l, c); err != nil {
					t.Fatal(err)
				}
				l.tunnelHealthy(t, s.Why, c.Args...)
			})
		}
	}
}

// tunnelCase draws what the seed chooses, and notes what is to be put back.
func (l lab) tunnelCase(t *testing.T, name string, seed uint64) *faults.TunnelCase {
	t.Helper()
	r := newRand(seed, name)
	c := &faults.TunnelCase{Rand: r, Node: l.Nodes()[r.IntN(2)]}
	secret := l.must(t, "kubectl", "get", "secret", "konnectivity-certs", "-n", "kube-system", "-o", "json", "--ignore-not-found")
	if secret == "" {
		return c // another tunnel
	}
	var err error
	if c.Secret, err = faults.Bare(secret); err != nil {
		t.Fatal(err)
	}
	c.Agents = l.must(t, "kubectl", "get", "deployment", "konnectivity-agent", "-n", "kube-system", "-o", "jsonpath={.spec.template.spec}")
	return c
}

// grown waits until no node of a lab that just came up is so new that it is no fault when it is not Ready.
func (l lab) grown(t *testing.T) {
	t.Helper()
	for text := range strings.FieldsSeq(l.must(t, "kubectl", "get", "nodes", "-o", "jsonpath={.items[*].metadata.creationTimestamp}")) {
		created, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(created.Add(200 * time.Second)))
	}
}

// notReady waits until the case's node, or every node, is not Ready.
func (l lab) notReady(t *testing.T, c *faults.TunnelCase, everywhere bool) {
	t.Helper()
	l.eventually(t, showLimit, func() error {
		for _, n := range l.Nodes() {
			if !everywhere && n != c.Node {
				continue
			}
			if status := l.must(t, "kubectl", "get", "node", n, "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`); status == "True" {
				return fmt.Errorf("node %s is Ready", n)
			}
		}
		return nil
	})
}

// tunnelHealthy waits until the tunnel works, then holds that the doctor finds nothing.
func (l lab) tunnelHealthy(t *testing.T, when string, args ...string) {
	t.Helper()
	l.tunnelWorks(t)
	r, code, text, _ := l.tunneldoctor(t, args...)
	if code != 0 || worries(r) {
		t.Fatalf("not healthy (%s), exit code %d\n%s", when, code, text)
	}
}

// tunnelWorks waits until kubelets answer through the tunnel, again and again, and until each metrics-server has had answers from
// them since: one whose last round failed goes out of service some seconds later.
func (l lab) tunnelWorks(t *testing.T) {
	t.Helper()
	good := 0
	paths := []string{"/apis/metrics.k8s.io/v1beta1/nodes"}
	for _, n := range l.Nodes() {
		l.must(t, "kubectl", "wait", "node", n, "--for=condition=Ready", "--timeout=90s")
		paths = append(paths, "/api/v1/nodes/"+n+"/proxy/healthz")
	}
	for d := range strings.FieldsSeq(l.must(t, "kubectl", "get", "deployments", "-n", "kube-system", "-o", "name")) {
		l.must(t, "kubectl", "rollout", "status", "-n", "kube-system", d, "--timeout=90s")
	}
	for pod := range strings.FieldsSeq(l.must(t, "kubectl", "get", "pods", "-n", "kube-system", "-l", "k8s-app=metrics-server", "-o", "jsonpath={.items[*].metadata.name}")) {
		paths = append(paths, "/api/v1/namespaces/kube-system/pods/https:"+pod+":4443/proxy/readyz")
	}
	l.eventually(t, showLimit, func() error {
		for _, p := range paths {
			if out := l.run(t, "", "kubectl", "get", "--raw", p, "--request-timeout=3s"); out.code != 0 {
				good = 0
				return errors.New(out.stderr)
			}
		}
		if good++; good < 5 {
			return errors.New("not often enough")
		}
		return nil
	})
}

// tunneldoctor runs the built binary as a user would.
func (l lab) tunneldoctor(t *testing.T, args ...string) (r report.Report, code int, text string, took time.Duration) {
	t.Helper()
	out := l.run(t, "", "kubectl-tunneldoctor", append([]string{"-o", "json"}, args...)...)
	text = out.stdout + out.stderr
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatalf("exit code %d: %v\n%s", out.code, err, text)
	}
	if strings.Contains(text, faults.Canary) {
		t.Errorf("the canary is in the output:\n%s", text)
	}
	return r, out.code, text, out.took
}
