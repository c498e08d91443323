package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tunnelFlows checks that other requests get through the tunnel. It has two agents, and some of the requests go through
// the one with the stream that is not read.
func (l lab) tunnelFlows(t *testing.T) {
	t.Helper()
	for range 8 {
		if r := l.run(t, "", "kubectl", "get", "--raw", "/api/v1/nodes/"+node0+"/proxy/healthz", "--request-timeout=5s"); r.stdout != "ok" {
			t.Fatalf("the tunnel is stuck: %s", r.stderr)
		}
	}
}

// A command that does not read its stdin must not stop the tunnel for everyone else, as plain kubectl exec does.
func TestUnreadStdinLeavesTheTunnelAlone(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	flood := l.command(ctx, "sh", "-c", "true")
	flood.Path, flood.Args = "/bin/sh", []string{"sh", "-c", "yes | " + l.path("bin", "kubectl-aksnode") + " ssh -q " + node0 + " -- sleep 60"}
	flood.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := flood.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-flood.Process.Pid, syscall.SIGTERM)
		_ = flood.Wait()
		cancel()
	}()
	time.Sleep(4 * time.Second)
	l.tunnelFlows(t)
}

// TestUnreadOutputLeavesTheTunnelAlone: output that a reader such as less has not read yet stops nobody else, and is
// not lost.
func TestUnreadOutputLeavesTheTunnelAlone(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	file := l.removed(t, node0, "/var/tmp/akstools-unread")
	want, _, _ := strings.Cut(l.on(t, node0, "sh", "-c", "head -c 200000000 /dev/urandom | tee "+file+" | sha256sum"), " ")
	cmd := l.command(t.Context(), "kubectl-aksnode", "ssh", "-q", "--no-stdin", node0, "--", "sh", "-c", "cat "+file+"; exit 4")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr synchronized
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	if _, err := io.CopyN(sum, stdout, 1000); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	l.eventually(t, 20*time.Second, func() error { // the command blocks
		if out := l.on(t, node0, "sh", "-c", "ps -o stat= -p $(pgrep -fx 'cat "+file+"')"); !strings.HasPrefix(out, "T") {
			return fmt.Errorf("it is %q", out)
		}
		return nil
	})
	l.tunnelFlows(t)
	if _, err := io.Copy(sum, stdout); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	if got := fmt.Sprintf("%x", sum.Sum(nil)); got != want || cmd.ProcessState.ExitCode() != 4 {
		t.Errorf("what came differs, or the exit code %d: %s", cmd.ProcessState.ExitCode(), stderr.String())
	}
}

// TestUnreadForwardLeavesTheTunnelAlone is the same for a forwarded port.
func TestUnreadForwardLeavesTheTunnelAlone(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	file := l.removed(t, node0, "/var/tmp/akstools-unread")
	want, _, _ := strings.Cut(l.on(t, node0, "sh", "-c", "head -c 14000000 /dev/urandom | tee "+file+" | sha256sum"), " ")
	ctx, cancel := context.WithCancel(context.Background())
	server := l.command(ctx, "lab", "exec", node0, "--", "socat", "-u", "OPEN:"+file, "TCP-LISTEN:7011,reuseaddr")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = server.Wait()
	}()
	addrs, stderr := forwarding(t, l, node0, ":7011")
	c, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sum := sha256.New()
	if _, err := io.CopyN(sum, c, 1000); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	time.Sleep(4 * time.Second)
	l.tunnelFlows(t)
	if _, err := io.Copy(sum, c); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprintf("%x", sum.Sum(nil)); got != want {
		t.Errorf("what came differs: %s", stderr)
	}
}
