package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// session starts `ssh NODE -- sleep` and returns when it runs on the node.
func session(t *testing.T, l lab, node, seconds string, flags ...string) (wait func() result, signal func(os.Signal)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	args := append([]string{"ssh", node, "--no-stdin"}, flags...)
	cmd := l.command(ctx, "kubectl-aksnode", append(args, "--", "sh", "-c", "echo started; exec sleep "+seconds)...)
	var stdout, stderr synchronized
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, 30*time.Second, func() error {
		if stdout.String() != "started\n" {
			return fmt.Errorf("the session does not start: %s", stderr.String())
		}
		return nil
	})
	return func() result {
		_ = cmd.Wait()
		cancel()
		return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), time.Since(start)}
	}, func(s os.Signal) { _ = cmd.Process.Signal(s) }
}

type synchronized struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *synchronized) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *synchronized) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestSignalsCleanUp(t *testing.T) {
	l := theLab(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			isolate(t, l)
			wait, signal := session(t, l, node0, "7700")
			signal(s)
			if r := wait(); r.code != 128+int(s) {
				t.Errorf("%+v", r)
			}
			l.gone(t, 10*time.Second)
			l.processGone(t, node0, "sleep 7700", 10*time.Second)
		})
	}
}

// processGone waits until no process with the command line runs on the node.
func (l lab) processGone(t *testing.T, node, line string, limit time.Duration) {
	t.Helper()
	l.eventually(t, limit, func() error {
		if out := l.run(t, "", "lab", "exec", node, "--", "pgrep", "-fx", line).stdout; out != "" {
			return fmt.Errorf("%q still runs on %s", line, node)
		}
		return nil
	})
}

func TestSharing(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	wait, signal := session(t, l, node0, "8800")
	if r := l.aksnode(t, "ssh", "-v", node0, "--", "hostname"); r.code != 0 ||
		!strings.Contains(r.stderr, "created by another session of yours") {
		t.Errorf("the second session made a pod of its own: %+v", r)
	}
	r := l.aksnode(t, "cleanup")
	if !strings.Contains(r.stdout, "in use") || strings.Contains(r.stdout, "remove") {
		t.Errorf("cleanup: %s", r.stdout)
	}
	// another user of the cluster, on another computer
	other := l.command(t.Context(), "kubectl-aksnode", "cleanup", "--as", "other", "--as-group", "system:masters")
	other.Env = append(other.Env, "XDG_STATE_HOME="+t.TempDir())
	if r := finish(t, t.Context(), other); !strings.Contains(r.stdout, "lab-admin") ||
		!strings.Contains(r.stdout, "keep") || strings.Contains(r.stdout, "remove") {
		t.Errorf("another's cleanup: %+v", r)
	}
	wait2, signal2 := session(t, l, node0, "8801")
	signal2(syscall.SIGTERM)
	wait2()
	l.processGone(t, node0, "sleep 8801", 5*time.Second)
	if out := l.on(t, node0, "pgrep", "-fx", "sleep 8800"); out == "" {
		t.Error("ending one session ended the other's command")
	}
	signal(syscall.SIGTERM)
	wait()
}

// TestPodEndsUnderSession: the reason is reported.
func TestPodEndsUnderSession(t *testing.T) {
	l := theLab(t)
	for what, c := range map[string]struct {
		flags  []string
		during func()
		want   string
	}{
		"max-duration": {[]string{"--max-duration", "8s"}, func() {}, "its --max-duration"},
		"deleted": {nil, func() {
			l.must(t, "kubectl", "delete", "pods", "-l", "app.kubernetes.io/managed-by=akstools")
		}, "it was deleted"},
	} {
		t.Run(what, func(t *testing.T) {
			isolate(t, l)
			wait, _ := session(t, l, node0, "60", c.flags...)
			c.during()
			if r := wait(); r.code != 255 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestSIGKILLLeavesNothing(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	wait, signal := session(t, l, node0, "9900", "--idle-timeout", "6s")
	signal(syscall.SIGKILL)
	wait()
	start := time.Now()
	l.processGone(t, node0, "sleep 9900", 20*time.Second)
	t.Logf("the process was gone %.1f s after the client (--idle-timeout 6s)", time.Since(start).Seconds())

	wait, signal = session(t, l, node1, "9901")
	signal(syscall.SIGKILL)
	wait()
	if r := l.aksnode(t, "cleanup"); r.code != 0 || !strings.Contains(r.stdout, "unused") {
		t.Errorf("%+v", r)
	}
	l.processGone(t, node1, "sleep 9901", 10*time.Second)
	l.must(t, "kubectl-aksnode", "cleanup")

	wait, signal = session(t, l, node1, "9902")
	signal(syscall.SIGKILL)
	wait()
	l.must(t, "kubectl", "delete", "jobs", "-l", "app.kubernetes.io/managed-by=akstools") // somebody else cleans up
	l.must(t, "kubectl-aksnode", "cleanup")
	if records, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "akstools", "*", "*.json")); len(records) > 0 {
		t.Errorf("records are left: %v", records)
	}
}
