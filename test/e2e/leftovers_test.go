package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// busy are commands of aksnode that run until they are stopped, besides `ssh NODE`, each with its own node pod.
func busy(t *testing.T, l lab) map[string][]string {
	t.Helper()
	key := windowsNode(t, l)
	zeros := filepath.Join(t.TempDir(), "zeros")
	if err := os.WriteFile(zeros, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(zeros, 20_000_000_000); err != nil { // sparse: it takes minutes to copy, but no space
		t.Fatal(err)
	}
	return map[string][]string{
		"ssh by OpenSSH": {"ssh", windows, "-i", key, acceptNew, "--", "sleep", "600"},
		"proxy":          {"proxy", windows, "3389"},
		"forward":        {"forward", node0, ":10248"},
		"run":            {"run", "--all", "--timeout", "10m", "--", "sleep", "600"},
		"logs":           {"logs", node0, "-f"},
		"cp":             {"cp", zeros, node0 + ":/dev/shm/"},
		"run no tunnel":  {"run", node0, "--no-tunnel", "--timeout", "60s", "--", "sleep", "600"},
	}
}

// begin starts the command in a process group and with a state directory of its own, and returns when it has created an
// object.
func begin(t *testing.T, l lab, args []string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	cmd := l.command(ctx, "kubectl-aksnode", append(args[:1:1], append([]string{"--idle-timeout=6s"}, args[1:]...)...)...)
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe() // never closed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	var said synchronized
	cmd.Stdout, cmd.Stderr = &said, &said
	before := len(l.objects(t))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, 30*time.Second, func() error {
		if len(l.objects(t)) <= before {
			return fmt.Errorf("nothing was made: %s", said.String())
		}
		return nil
	})
	time.Sleep(2 * time.Second) // until it is well under way
	return cmd
}

// TestSignalsCleanUpAll: whichever command is stopped by whichever signal, nothing is left over.
func TestSignalsCleanUpAll(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	t.Cleanup(func() { l.on(t, node0, "sh", "-c", "rm -f /dev/shm/.zeros.*") })
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	commands := busy(t, l)
	for i, name := range slices.Sorted(maps.Keys(commands)) {
		for j, s := range signals {
			if !whole() && j != i%len(signals) {
				continue // only one signal per command in `make test`
			}
			t.Run(name+" "+s.String(), func(t *testing.T) {
				cmd := begin(t, l, commands[name])
				_ = syscall.Kill(-cmd.Process.Pid, s)
				_ = cmd.Wait()
				l.gone(t, 15*time.Second)
			})
		}
	}
}

// TestSoakKillAll kills all commands at the same time: their objects are removed without them.
func TestSoakKillAll(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	t.Cleanup(func() { l.on(t, node0, "sh", "-c", "rm -f /dev/shm/.zeros.*") })
	var killed sync.WaitGroup
	for _, args := range busy(t, l) {
		cmd := begin(t, l, args)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		killed.Go(func() { _ = cmd.Wait() })
	}
	killed.Wait()
	start := time.Now()
	l.gone(t, 6*time.Second+2*time.Minute)
	t.Logf("all objects were gone %.0f s after the last kill", time.Since(start).Seconds())
}
