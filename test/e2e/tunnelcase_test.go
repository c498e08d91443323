package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
)

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

// tunnelHealthy waits until the tunnel works, then holds that the doctor finds nothing. What it finds in a
// healthy set-up is noted in its outcome, where there is one.
func (l lab) tunnelHealthy(t *testing.T, o *outcome, when string, args ...string) {
	t.Helper()
	l.tunnelWorks(t)
	r, code, text, _ := l.tunneldoctor(t, args...)
	if code != 0 || worries(r) {
		o.is(corpus.Alarm)
		t.Fatalf("not healthy (%s), exit code %d\n%s", when, code, text)
	}
}

// tunnelWorks waits until kubelets answer through the tunnel, again and again, and until each metrics-server has had answers from
// them since: one whose last round failed goes out of service some seconds later.
func (l lab) tunnelWorks(t *testing.T) {
	t.Helper()
	good := 0
	const metricsPath = "/apis/metrics.k8s.io/v1beta1/nodes"
	paths := []string{metricsPath}
	for _, n := range l.Nodes() {
		l.must(t, "kubectl", "wait", "node", n, "--for=condition=Ready", "--timeout=90s")
		paths = append(paths, "/api/v1/nodes/"+n+"/proxy/healthz")
	}
	for d := range strings.FieldsSeq(l.must(t, "kubectl", "get", "deployments", "-n", "kube-system", "-o", "name")) {
		l.must(t, "kubectl", "rollout", "status", "-n", "kube-system", d, "--timeout=90s")
	}
	l.eventually(t, showLimit, func() error {
		now := slices.Clone(paths)
		metrics := l.must(t, "kubectl", "get", "pods", "-n", "kube-system", "-l", "k8s-app=metrics-server",
			"-o", "jsonpath={.items[*].metadata.name}") // those of a rollout come and go
		for pod := range strings.FieldsSeq(metrics) {
			now = append(now, "/api/v1/namespaces/kube-system/pods/https:"+pod+":4443/proxy/readyz")
		}
		for _, p := range now {
			out := l.run(t, "", "kubectl", "get", "--raw", p, "--request-timeout=3s")
			if out.code != 0 {
				good = 0
				return errors.New(out.stderr)
			}
			if n := strings.Count(out.stdout, `"usage"`); p == metricsPath && n < len(l.Nodes()) {
				good = 0
				return fmt.Errorf("metrics-server has figures of %d nodes", n)
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
