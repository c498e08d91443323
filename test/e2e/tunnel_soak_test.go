package e2e

import (
	"context"
	"math/rand/v2"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/testpod"
)

// TestSoakTunnelKills: nothing is left over two minutes after the idle limit, however the runs ended, even if the
// tunnel is down.
func TestSoakTunnelKills(t *testing.T) {
	l := soak(t)
	var killed atomic.Int32
	l.endManyAtRandom(50, &killed, "kubectl-tunneldoctor", "-o", "name")
	l.fault(t, "tunnel-agents-down")
	l.endManyAtRandom(50, &killed, "kubectl-tunneldoctor", "-o", "name")
	start := time.Now()
	l.gone(t, testpod.Idle+2*time.Minute)
	t.Logf("100 runs, %d ended by a signal; all objects were gone %.0f s later", killed.Load(), time.Since(start).Seconds())
}

// endManyAtRandom runs the program n times, three at a time, and ends each as endAtRandom does.
func (l lab) endManyAtRandom(n int, killed *atomic.Int32, program string, args ...string) {
	turns := make(chan int)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range turns {
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
				l.endAtRandom(ctx, l.command(ctx, program, args...), i, killed)
				cancel()
			}
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	wg.Wait()
}

// endAtRandom runs the program and kills it, every second time, at a random moment.
func (l lab) endAtRandom(_ context.Context, cmd *exec.Cmd, turn int, killed *atomic.Int32) {
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGHUP}
	if cmd.Start() != nil {
		return
	}
	if turn%2 == 0 {
		time.Sleep(time.Duration(100+rand.IntN(4000)) * time.Millisecond)
		if cmd.Process.Signal(signals[turn/2%len(signals)]) == nil {
			killed.Add(1)
		}
	}
	_ = cmd.Wait() // a run that was killed, or found the tunnel dead, has another exit code
}
