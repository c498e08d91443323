package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// broken makes a case with a fault of the list.
func (l lab) broken(t *testing.T, fault string, seed uint64) *corpusCase {
	t.Helper()
	c := l.newCase(t, "one"+fault, seed)
	b := faults.Breaks()[fault]
	b.Change(c.Case)
	c.apply(t)
	c.shows(t, b)
	return c
}

// TestInsideoutBundle holds that a bundle, evaluated without a cluster, gives the same report, and holds no secret.
func TestInsideoutBundle(t *testing.T) {
	l := theLab(t)
	for _, fault := range []string{"crash-loop", "app-on-localhost", "selector-value"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c := l.broken(t, fault, 5)
			for _, extra := range [][]string{nil, {"--with-logs"}} {
				file := filepath.Join(t.TempDir(), "saved.bundle")
				live, code := c.insideout(t, append([]string{"--save", file}, extra...)...)
				from := l.run(t, "", "kubectl-insideout", "--from", file, "-o", "json", "--kubeconfig", "/nonexistent")
				var again report.Report
				if err := json.Unmarshal([]byte(from.stdout), &again); err != nil || from.code != code {
					t.Errorf("--from gives %d (%v), the cluster gave %d\n%s\n%s", from.code, err, code, from.stdout, from.stderr)
				}
				live.From = file // which its report must say
				if diff := cmp.Diff(live, again, cmpopts.IgnoreFields(check.Result{}, "Milliseconds")); diff != "" {
					t.Errorf("--from gives another report:\n%s", diff)
				}
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				z, err := gzip.NewReader(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(z)
				if err != nil || bytes.Contains(text, []byte(faults.Canary)) {
					t.Errorf("the bundle holds the canary (or %v)", err)
				}
				if logs := bytes.Contains(text, []byte("crashing, as asked")); logs != (extra != nil && fault == "crash-loop") {
					t.Errorf("%v: lines of the log in the bundle: %v", extra, logs)
				}
			}
			// as text, with the end of the log
			out := l.run(t, "", "kubectl-insideout", "svc/"+c.Name, "-n", c.Namespace, "-v")
			if strings.Contains(out.stdout+out.stderr, faults.Canary) || strings.Contains(out.stdout, "\x1b") {
				t.Errorf("the canary or an escape is in the text:\n%q", out.stdout)
			}
			if fault == "crash-loop" && !strings.Contains(out.stdout, "crashing, as asked") {
				t.Errorf("the log is missing:\n%s", out.stdout)
			}
		})
	}
}

// TestInsideoutInput holds that wrong input is said, with exit code 1.
func TestInsideoutInput(t *testing.T) {
	l := theLab(t)
	for _, try := range []struct {
		args []string
		says string
	}{
		{[]string{}, "no Service is named"},
		{[]string{"web"}, "names no kind"},
		{[]string{"cm/web"}, "cannot be checked"},
		{[]string{"ing/web"}, "does not exist in namespace default"},
		{[]string{"http://absent.example.com/"}, "no rule of an Ingress or HTTPRoute matches it"},
		{[]string{"svc/kubernetes", "--host", "http://a.example.com"}, "it takes a host name"},
		{[]string{"svc/kubernetes", "--path", "login"}, "it takes a path that begins with /"},
		{[]string{"svc/Web_1"}, "cannot be the name of a service"},
		{[]string{"svc/kubernete"}, "did you mean svc/kubernetes?"},
		{[]string{"svc/kubernetes", "--fail-on", "fatal"}, "it takes error, warning or info"},
		{[]string{"svc/kubernetes", "--timeout", "1h"}, "it takes 1s to 1m"},
		{[]string{"svc/kubernetes", "--kubeconfig", "/nonexistent"}, "no such file"},
		{[]string{"-l", "app=nobody"}, "no Service matches"},
		{[]string{"--from", "/nonexistent"}, "no such file"},
		{[]string{"--from", l.path("go.mod")}, "not a bundle"},
	} {
		r := l.run(t, "", "kubectl-insideout", try.args...)
		if r.code != 1 || !strings.Contains(r.stderr, try.says) || r.stdout != "" {
			t.Errorf("%q: exit code %d: %s%s", try.args, r.code, r.stdout, r.stderr)
		}
	}
}

// TestInsideoutMany holds that several Services give one list, and that one unknown does not hide a finding.
func TestInsideoutMany(t *testing.T) {
	l := theLab(t)
	r := l.run(t, "", "kubectl-insideout", "-A", "--no-probe", "-o", "json")
	var list report.List
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || list.Kind != "ReportList" || len(list.Items) < 2 {
		t.Fatalf("%v: %d items, exit code %d: %s", err, len(list.Items), r.code, r.stderr)
	}
	r = l.run(t, "", "kubectl-insideout", "svc/kube-dns", "svc/metrics-server", "-n", "kube-system", "--no-probe")
	if lines := strings.Count(r.stdout, "\n"); r.code != 0 || lines != 4 || !strings.Contains(r.stdout, "2 checked: 2 healthy") {
		t.Errorf("two healthy Services, exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	r = l.run(t, "", "kubectl-insideout", "svc/kube-dns", "-n", "kube-system", "-o", "json")
	var one report.Report
	if err := json.Unmarshal([]byte(r.stdout), &one); err != nil || one.Verdict.Status != check.Passed || r.code != 0 {
		t.Errorf("kube-dns: %v %s%s", err, r.stdout, r.stderr)
	}
	r = l.run(t, "", "kubectl-insideout", "svc/kubernetes", "-o", "json")
	if err := json.Unmarshal([]byte(r.stdout), &one); err != nil || one.Verdict.Status != check.Passed || r.code != 0 {
		t.Errorf("kubernetes: %v %s%s", err, r.stdout, r.stderr)
	}
	l.gone(t, 10*time.Second)
}

// TestInsideoutIngress holds that an Ingress, or an HTTPRoute, its host and a URL below it name the Service behind it, and that a
// healthy path is walked in 6 seconds.
func TestInsideoutIngress(t *testing.T) {
	l := theLab(t)
	for setup, named := range map[string]string{"ingress": "ing/front", "route": "httproute/front"} {
		c := l.newCase(t, "url-"+setup, 7)
		b := faults.Setups()[setup]
		b.Change(c.Case)
		c.apply(t)
		c.shows(t, b)
		c.inject(t, b)
		host := c.Namespace + ".apps.example.com"
		for _, target := range []string{named, host, "http://" + host + "/count?x=1"} {
			start := time.Now()
			r := l.run(t, "", "lab", "exec", "client", "--", l.path("bin", "kubectl-insideout"), target, "-n", c.Namespace)
			headline := "service/" + c.Name + " in namespace " + c.Namespace + " is healthy"
			if r.code != 0 || !strings.Contains(strings.Join(strings.Fields(r.stdout), " "), headline) {
				t.Errorf("%s: exit code %d\n%s%s", target, r.code, r.stdout, r.stderr)
			}
			if took := time.Since(start); took > 6*time.Second {
				t.Logf("%s took %s", target, took)
			}
		}
	}
}

// TestInsideoutWithoutTunnel holds that with the tunnel dead the app, the ClusterIP and the names are still tried, and
// that the report names who finds out why it is dead.
func TestInsideoutWithoutTunnel(t *testing.T) {
	l := theLab(t)
	healthy := l.healthyCase(t, "cut", 9)
	broken := l.broken(t, "target-port-number", 9)
	broken.settled(t)
	t.Cleanup(func() {
		if err := l.Mend("tunnel-agents-down"); err != nil {
			t.Error(err)
		}
		l.tunnelWorks(t)
	})
	if err := l.Fault("tunnel-agents-down"); err != nil {
		t.Fatal(err)
	}
	if r, code := broken.insideout(t); code != 3 || r.Verdict.Code != "INS0301" {
		t.Errorf("exit code %d, verdict %s %s\n%s", code, r.Verdict.Status, r.Verdict.Code, broken.text)
	}
	r, code := healthy.insideout(t)
	if code != 0 || r.Verdict.Status != check.Passed || !strings.Contains(healthy.text, `"tunneldoctor"`) {
		t.Errorf("exit code %d, verdict %+v\n%s", code, r.Verdict, healthy.text)
	}
	for _, result := range r.Results {
		if slices.Contains([]string{"INS0201", "INS0203", "INS0204", "INS0205", "INS0401", "INS0801"}, result.Code) &&
			result.Status != check.Passed {
			t.Errorf("%s is %s %s %s", result.Code, result.Status, result.Error, result.Reason)
		}
	}
	l.gone(t, 10*time.Second)
}

// TestTestPodImage holds that the test pod runs an image of a known repository by its digest, although the node has one of another
// registry with the same last name.
func TestTestPodImage(t *testing.T) {
	l := theLab(t)
	const known, planted = "mcr.microsoft.com/azurelinux/busybox", "attacker.example/team-b/busybox:latest"
	for _, node := range []string{node0, node1} {
		l.on(t, node, "ctr", "--namespace", "k8s.io", "images", "tag", "--force", known+":1.36", planted)
		t.Cleanup(func() { l.on(t, node, "ctr", "--namespace", "k8s.io", "images", "rm", planted) })
	}
	l.eventually(t, showLimit, func() error { // the kubelet lists images every 30 seconds
		for _, name := range []string{known + "@sha256:", planted} {
			if images := l.must(t, "kubectl", "get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names}"); !strings.Contains(images, name) {
				return fmt.Errorf("the nodes do not report an image %s: %s", name, images)
			}
		}
		return nil
	})
	c := l.healthyCase(t, "test-pod-image", 1)
	events := l.must(t, "kubectl", "get", "events", "-n", c.Namespace, "-o", "jsonpath={.items[*].message}")
	if !strings.Contains(events, known+"@sha256:") || strings.Contains(events, "attacker.example") {
		t.Errorf("the test pod's image: %s", events)
	}
}

// TestProbeNamespace holds that the test pod runs in another namespace where the Service's own does not admit it, and that the report
// says so; without another, that it says why nothing was tried.
func TestProbeNamespace(t *testing.T) {
	t.Parallel()
	l := theLab(t)
	const namespace = "probe-namespace"
	l.must(t, "kubectl", "create", "namespace", namespace)
	t.Cleanup(func() { l.must(t, "kubectl", "delete", "namespace", namespace, "--wait=false") })
	l.must(t, "kubectl", "create", "deployment", "web", "-n", namespace, "--image=lab.akstools.dev/app:v1", "--port=8080", "--",
		"/app", "-http=8080")
	l.must(t, "kubectl", "expose", "deployment", "web", "-n", namespace, "--port=80", "--target-port=8080")
	l.must(t, "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
	l.must(t, "kubectl", "create", "quota", "full", "-n", namespace, "--hard=pods=1")
	l.eventually(t, 20*time.Second, func() error {
		if used := l.must(t, "kubectl", "get", "quota", "full", "-n", namespace, "-o", "jsonpath={.status.used.pods}"); used != "1" {
			return fmt.Errorf("the quota counts %q pods", used)
		}
		return nil
	})
	out := l.run(t, "", "kubectl-insideout", "svc/web", "-n", namespace)
	if out.code != 2 || !strings.Contains(out.stdout, "exceeded quota: full") || !strings.Contains(out.stdout, "--probe-namespace") {
		t.Errorf("a namespace without room: %+v", out)
	}
	out = l.run(t, "", "kubectl-insideout", "svc/web", "-n", namespace, "--probe-namespace", "default", "-v")
	text := strings.Join(strings.Fields(out.stdout), " ")
	if out.code != 0 || !strings.Contains(text, "the test pod ran in namespace default, because namespace "+namespace+" does not admit it") ||
		!strings.Contains(text, "exceeded quota: full") {
		t.Errorf("another namespace: %+v", out)
	}
}
