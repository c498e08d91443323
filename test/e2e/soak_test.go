package e2e

import (
	"os"
	"sync"
	"testing"
	"time"
)

func soak(t *testing.T) lab {
	t.Helper()
	l := theLab(t)
	if os.Getenv("AKSTOOLS_SOAK") == "" {
		t.Skip("AKSTOOLS_SOAK is not set: takes many minutes (make soak)")
	}
	return l
}

func TestSoakSessions(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	start := time.Now()
	for range 30 {
		if r := l.aksnode(t, "ssh", "-q", node0, "--", "hostname"); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	t.Logf("30 in turn: %.1f s", time.Since(start).Seconds())
	l.gone(t, 10*time.Second)
	start = time.Now()
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			node := []string{node0, node1}[i%2]
			if r := l.aksnode(t, "ssh", "-q", node, "--", "sh", "-c", "sleep 1; hostname"); r.stdout != node+"\n" {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
	t.Logf("10 at once: %.1f s", time.Since(start).Seconds())
	l.gone(t, 10*time.Second)
}

// TestSoakSIGKILLWithoutCleanup: what a killed client leaves behind is removed without it: the pod within the idle limit, its objects at
// most two minutes later.
func TestSoakSIGKILLWithoutCleanup(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	wait, signal := session(t, l, node0, "9902", "--idle-timeout", "6s")
	signal(os.Kill)
	wait()
	start := time.Now()
	l.processGone(t, node0, "sleep 9902", 20*time.Second)
	l.gone(t, 6*time.Second+2*time.Minute)
	t.Logf("the objects were gone %.0f s after the client", time.Since(start).Seconds())
}

func TestSoakSilence(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	tm := login(t, l)
	time.Sleep(10 * time.Minute)
	tm.types("clear; echo still $((40+2))", "Enter")
	tm.sees("still 42")
	tm.types("exit", "Enter")
	tm.sees("local>")
}
