package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLaptopSleeps: after a sleep that outlasts its pod, a session ends with the reason, and leaves nothing.
func TestLaptopSleeps(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	wait, signal := session(t, l, node0, "6700", "--idle-timeout", "6s")
	time.Sleep(3 * time.Second) // until the pod's idle guard is attached
	signal(syscall.SIGSTOP)
	l.processGone(t, node0, "sleep 6700", 40*time.Second)
	time.Sleep(12 * time.Second)
	start := time.Now()
	signal(syscall.SIGCONT)
	r := wait()
	if r.code != 255 || !strings.Contains(r.stderr, "the node pod was terminated while the command was running") ||
		!strings.Contains(r.stderr, "this computer slept, or this program was stopped, for ") {
		t.Errorf("%+v", r)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it ended %s after the sleep", took)
	}
}

// TestSoakLaptopNaps: a session outlives a sleep that its pod outlives.
func TestSoakLaptopNaps(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	wait, signal := session(t, l, node0, "40")
	time.Sleep(3 * time.Second)
	signal(syscall.SIGSTOP)
	time.Sleep(20 * time.Second)
	signal(syscall.SIGCONT)
	if r := wait(); r.code != 0 {
		t.Errorf("%+v", r)
	}
}
