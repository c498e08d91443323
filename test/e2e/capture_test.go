package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// capture runs `insideout capture` on the case's Service, or on the target, and returns its report and exit code.
func (c *corpusCase) capture(t *testing.T, target string, args ...string) (report.Report, int) {
	t.Helper()
	if target == "" {
		target = "svc/" + c.Name
	}
	out := c.lab.run(t, "", "kubectl-insideout", slices.Concat(
		[]string{"capture", target, "-n", c.Namespace, "--node-namespace", "kube-system", "-o", "json", "--timeout=3s"}, args)...)
	return c.report(t, out), out.code
}

// somePod returns a pod of the case.
func (c *corpusCase) somePod(t *testing.T) corev1.Pod {
	t.Helper()
	list, err := c.clients.CoreV1().Pods(c.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + c.Name})
	if err != nil || len(list.Items) == 0 {
		t.Fatal("no pods", err)
	}
	return list.Items[0]
}

// TestCaptureHealthy holds that nothing is found on a healthy Service, from each kind of client, and that the files hold packets of each
// place and nothing that they carried.
func TestCaptureHealthy(t *testing.T) {
	l := theLab(t)
	c := l.healthyCase(t, "capture-healthy", 3)
	dir := filepath.Join(t.TempDir(), "packets")
	r, code := c.capture(t, "", "-w", dir)
	if r.Verdict.Status != check.Passed || code != 0 {
		t.Errorf("exit code %d: %+v\n%s", code, r.Verdict, c.text)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pcapng"))
	if err != nil || len(files) < 3 {
		t.Errorf("files: %v, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || len(b) < 500 {
			t.Errorf("%s has %d bytes: %v", f, len(b), err)
		}
		if bytes.Contains(b, []byte(faults.Canary)) || bytes.Contains(b, []byte("GET /")) {
			t.Errorf("%s holds what packets carried", f)
		}
		if tshark, err := exec.LookPath("tshark"); err == nil {
			if out, err := exec.Command(tshark, "-r", f, "-T", "fields", "-e", "frame.number").Output(); err != nil || len(out) == 0 {
				t.Errorf("tshark cannot read %s: %v", f, err)
			}
		}
	}
	node := c.somePod(t).Spec.NodeName
	for _, args := range [][]string{{"--nodes"}, {"--client", node}, {"--client", l.otherNode(node), "--nodes"}} {
		if r, code := c.capture(t, "", args...); r.Verdict.Status != check.Passed || code != 0 {
			t.Errorf("%v: exit code %d: %+v\n%s", args, code, r.Verdict, c.text)
		}
	}
	l.gone(t, 20*time.Second)
}

// TestCaptureDropAtPodNode holds that packets that the pod's node drops are found lost there.
func TestCaptureDropAtPodNode(t *testing.T) {
	l := theLab(t)
	c := l.healthyCase(t, "capture-drop", 3)
	pod := c.somePod(t)
	node := pod.Spec.NodeName
	l.dropsAtNode(t, node, pod.Status.PodIP)
	// the client is on another node: within one, the bridge may bypass the rule
	r, code := c.capture(t, "pod/"+pod.Name, "--nodes")
	if r.Verdict.Code != "INS1102" || code != 3 || !strings.Contains(r.Verdict.Summary, node) {
		t.Errorf("exit code %d: %+v\n%s", code, r.Verdict, c.text)
	}
	l.gone(t, 20*time.Second)
}

// otherNode returns a node of the lab that is not this one.
func (l lab) otherNode(node string) string {
	all := l.Nodes()
	return all[slices.IndexFunc(all, func(n string) bool { return n != node })]
}

// dropsAtNode drops what the node forwards to the address, until the test's end.
func (l lab) dropsAtNode(t *testing.T, node, ip string) {
	t.Helper()
	rule := []string{"-d", ip, "-p", "tcp", "-m", "comment", "--comment", "akstools-capture", "-j", "DROP"}
	l.on(t, node, append([]string{"iptables", "-w", "-I", "FORWARD", "1"}, rule...)...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		out, err := l.command(ctx, "lab", append([]string{"exec", node, "--", "iptables", "-w", "-D", "FORWARD"}, rule...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v %s", err, out)
		}
	})
}

// TestCapturePolicy holds that what a NetworkPolicy drops is found lost before the pod.
func TestCapturePolicy(t *testing.T) {
	l := theLab(t)
	c := l.broken(t, "policy-denies-in", 3)
	c.settled(t)
	r, code := c.capture(t, "")
	if r.Verdict.Code != "INS1102" && r.Verdict.Code != "INS1104" || code != 3 {
		t.Errorf("exit code %d: %+v\n%s", code, r.Verdict, c.text)
	}
	l.gone(t, 20*time.Second)
}
