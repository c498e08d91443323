//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupted names the signals that the child of TestSecondSignal sends to itself.
const interrupted = "AKSTOOLS_TEST_SIGNALS"

// TestSecondSignal holds which signals leave a command the time to remove what it made. SIGHUP is delivered before SIGTERM where both wait.
func TestSecondSignal(t *testing.T) {
	if names := os.Getenv(interrupted); names != "" {
		interruptMyself(t, names)
		return
	}
	for _, c := range []struct {
		signals string
		code    int
	}{
		{"TERM", 0},
		{"INT", 0},
		{"HUP", 0},
		{"HUP HUP", 0},
		{"TERM HUP", 0},
		{"HUP TERM", 0},
		{"HUP INT HUP", 0},
		{"TERM TERM", 143},
		{"INT INT", 130},
		{"HUP INT TERM", 143},
	} {
		child := exec.Command(os.Args[0], "-test.run=^TestSecondSignal$")
		child.Env = append(os.Environ(), interrupted+"="+c.signals)
		out, err := child.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if code := child.ProcessState.ExitCode(); code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.signals, code, c.code, out)
		}
	}
}

func interruptMyself(t *testing.T, names string) {
	numbers := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM}
	ctx, stop := interruptible(context.Background())
	defer stop()
	for _, name := range strings.Fields(names) {
		if err := syscall.Kill(os.Getpid(), numbers[name]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // until it was handled: else two of the same are one
	}
	if ctx.Err() == nil {
		t.Error("the context goes on")
	}
}
