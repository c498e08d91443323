package e2e

import (
	"bytes"
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
)

// withoutTcpdump hides tcpdump on all nodes until the test's end.
func (l lab) withoutTcpdump(t *testing.T) {
	t.Helper()
	for _, node := range l.Nodes() {
		l.on(t, node, "sh", "-c", `: >/run/no-tcpdump && mount --bind /run/no-tcpdump "$(command -v tcpdump)"`)
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			hidden := `umount "$(grep -o '/[^ ]*/tcpdump' /proc/mounts)" && rm /run/no-tcpdump`
			if out, err := l.command(ctx, "lab", "exec", node, "--", "sh", "-c", hidden).CombinedOutput(); err != nil {
				t.Errorf("%v %s", err, out)
			}
		})
	}
}

// noRecorder holds that no file of a recorder is left on a node.
func (l lab) noRecorder(t *testing.T) {
	t.Helper()
	for _, node := range l.Nodes() {
		find := "ls -d /tmp/akstools-recorder-* /var/tmp/akstools-recorder-* /run/akstools-recorder-* || true"
		if left := l.on(t, node, "sh", "-c", find); left != "" {
			t.Errorf("%s has %s", node, left)
		}
	}
}

// TestCaptureWithoutTcpdump holds that on nodes without tcpdump the same is found, which is announced, and that nothing is left of it.
func TestCaptureWithoutTcpdump(t *testing.T) {
	l := theLab(t)
	takeTurn(t)
	c := l.healthyCase(t, "capture-recorder", 3)
	l.withoutTcpdump(t)
	r, code := c.capture(t, "", "--nodes")
	if r.Verdict.Status != check.Passed || code != 0 {
		t.Errorf("exit code %d: %+v\n%s", code, r.Verdict, c.text)
	}
	if !strings.Contains(c.text, "a recorder is sent there") {
		t.Errorf("it is not announced:\n%s", c.text)
	}
	pod := c.somePod(t)
	l.dropsAtNode(t, pod.Spec.NodeName, pod.Status.PodIP)
	r, code = c.capture(t, "pod/"+pod.Name, "--nodes")
	if r.Verdict.Code != "INS1102" || code != 3 || !strings.Contains(r.Verdict.Summary, pod.Spec.NodeName) {
		t.Errorf("exit code %d: %+v\n%s", code, r.Verdict, c.text)
	}
	l.noRecorder(t)
	l.gone(t, 20*time.Second)
}

// TestCaptureKilled holds that nothing is left on the nodes after the program was interrupted or killed while it captured.
func TestCaptureKilled(t *testing.T) {
	l := theLab(t)
	takeTurn(t)
	c := l.healthyCase(t, "capture-killed", 3)
	t.Run("SIGINT", func(t *testing.T) { c.killCapture(t, syscall.SIGINT, "tcpdump.*immediate-mode", 20*time.Second) })
	t.Run("SIGKILL", func(t *testing.T) { c.killCapture(t, syscall.SIGKILL, "tcpdump.*immediate-mode", 2*time.Minute) })
	t.Run("SIGKILL, recorder", func(t *testing.T) {
		l.withoutTcpdump(t)
		c.killCapture(t, syscall.SIGKILL, "^/[a-z/]+/akstools-recorder-", 2*time.Minute)
		l.noRecorder(t)
	})
}

// killCapture sends the signal to a capture, and waits until its objects and processes are gone.
func (c *corpusCase) killCapture(t *testing.T, signal os.Signal, process string, limit time.Duration) {
	t.Helper()
	l := c.lab
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := l.command(ctx, "kubectl-insideout", "capture", "svc/"+c.Name, "-n", c.Namespace, "--node-namespace", "kube-system",
		"--no-request", "--duration", "50s")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	node := c.somePod(t).Spec.NodeName
	running := func() bool {
		out, _ := l.command(t.Context(), "lab", "exec", node, "--", "pgrep", "-f", process).Output()
		return len(bytes.TrimSpace(out)) > 0
	}
	for !running() && ctx.Err() == nil {
		time.Sleep(300 * time.Millisecond)
	}
	if ctx.Err() != nil {
		t.Fatalf("nothing captures on %s\n%s", node, stderr.String())
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(15 * time.Second); running(); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s still runs on %s\n%s", process, node, stderr.String())
		}
	}
	l.gone(t, limit)
}
