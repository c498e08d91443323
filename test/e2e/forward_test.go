package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// forwarding starts `forward` and returns the local addresses in the order of the ports.
func forwarding(t testing.TB, l lab, args ...string) (addrs []string, stderr *synchronized) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	cmd := l.command(ctx, "kubectl-aksnode", append([]string{"forward"}, args...)...)
	var stdout synchronized
	stderr = &synchronized{}
	cmd.Stdout, cmd.Stderr = &stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
		cancel()
	})
	l.eventually(t, 30*time.Second, func() error {
		addrs = nil
		for _, match := range regexp.MustCompile(`Forwarding from (\S+) -> `).FindAllStringSubmatch(stdout.String(), -1) {
			addrs = append(addrs, match[1])
		}
		if len(addrs) == 0 {
			return fmt.Errorf("nothing is forwarded: %s", stderr.String())
		}
		return nil
	})
	return addrs, stderr
}

// echoed sends the data and checks that it comes back.
func echoed(addr string, data []byte) error {
	c, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	go func() { _, _ = c.Write(data) }()
	sum := sha256.New()
	if n, err := io.CopyN(sum, c, int64(len(data))); err != nil {
		return fmt.Errorf("%d of %d bytes came back: %w", n, len(data), err)
	}
	if want := sha256.Sum256(data); !bytes.Equal(sum.Sum(nil), want[:]) {
		return errors.New("what came back differs")
	}
	return nil
}

func TestForwardWindows(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	windowsNode(t, l)
	t.Chdir(t.TempDir())
	addrs, _ := forwarding(t, l, windows, "--rdp", ":22")
	if len(addrs) != 2 {
		t.Fatalf("got %v", addrs)
	}
	if err := echoed(addrs[1], randomBytes(t, 20_000_000)); err != nil {
		t.Error(err)
	}
	rdp, err := os.ReadFile(windows + ".rdp")
	if err != nil || !strings.Contains(string(rdp), "full address:s:"+addrs[1]+"\r\n") {
		t.Errorf("%s (%v)", rdp, err)
	}
	c, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	banner := make([]byte, 8)
	if _, err := io.ReadFull(c, banner); err != nil || string(banner) != "SSH-2.0-" {
		t.Errorf("%q (%v)", banner, err)
	}
}

// TestForwardSurvivesItsHop: another node takes over from a hop that starts no more pods.
func TestForwardSurvivesItsHop(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	windowsNode(t, l)
	addrs, stderr := forwarding(t, l, windows, ":3389")
	served := func() error { return echoed(addrs[0], []byte("hello")) }
	if err := served(); err != nil {
		t.Fatal(err)
	}
	hop := strings.Fields(l.must(t, "kubectl", "get", "pods", "-l", "app.kubernetes.io/managed-by=akstools",
		"-o", "jsonpath={.items[0].spec.nodeName}"))[0]
	t.Cleanup(func() { // runs after the kubelet's restart
		l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+hop, "--timeout=60s")
	})
	l.stopped(t, hop, "kubelet")
	l.must(t, "kubectl", "wait", "--for=condition=Ready=Unknown", "node/"+hop, "--timeout=60s")
	l.eventually(t, 40*time.Second, served)
	if !strings.Contains(stderr.String(), "connecting via node ") {
		t.Errorf("nothing is said: %s", stderr.String())
	}
}

// echo makes a port of the node echo what it receives, until the end of the test. A block is smaller than what a pipe
// can always buffer: socat has both ends of the pipe and would wait for itself.
func (l lab) echo(t *testing.T, node, port string) {
	t.Helper()
	listen := "TCP-LISTEN:" + port + ",reuseaddr,fork"
	ctx, cancel := context.WithCancel(context.Background())
	cmd := l.command(ctx, "lab", "exec", node, "--", "socat", "-b", "2048", listen, "PIPE")
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		_ = l.run(t, "", "lab", "exec", node, "--", "pkill", "-f", listen)
	})
	number, _, _ := strings.Cut(port, ",")
	l.eventually(t, 10*time.Second, func() error {
		if l.on(t, node, "ss", "-Htln", "sport", "=", ":"+number) == "" {
			return fmt.Errorf("the echo does not listen")
		}
		return nil
	})
}

// TestForwardSurvives: the listener outlives its pod. Open connections are reset, new ones are served within 10 s.
func TestForwardSurvives(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.echo(t, node1, "7008,bind=127.0.0.1")
	addrs, stderr := forwarding(t, l, node1, ":7008", ":7009")
	data := randomBytes(t, 1_000_000)
	if err := echoed(addrs[0], data); err != nil {
		t.Fatal(err)
	}
	open, err := net.Dial("tcp", addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := open.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(open, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	for what, lose := range map[string]func(){
		"the pod was deleted": func() {
			l.must(t, "kubectl", "delete", "pods", "-l", "app.kubernetes.io/managed-by=akstools", "--grace-period=0", "--force")
		},
		"the streams were cut": func() { l.on(t, node1, "systemctl", "restart", "containerd") },
	} {
		lose()
		start := time.Now()
		l.eventually(t, 10*time.Second, func() error { return echoed(addrs[0], data) })
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("after %s it took %s until a connection was served again", what, took)
		}
	}
	_ = open.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := open.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the open connection ended with %v", err)
	}
	refused, err := net.Dial("tcp", addrs[1])
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	_ = refused.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := refused.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a refused port: %v", err)
	}
	l.eventually(t, 5*time.Second, func() error {
		if !strings.Contains(stderr.String(), "nothing listens on port 7009 of the loopback interface of node "+node1) {
			return fmt.Errorf("nothing is said: %s", stderr.String())
		}
		return nil
	})
}
