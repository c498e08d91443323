package e2e

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/testpod"
)

// TestSoakInsideoutKills: nothing is left over two minutes after the idle limit, however the runs ended.
func TestSoakInsideoutKills(t *testing.T) {
	l := soak(t)
	c := l.healthyCase(t, "kills", 1)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}
	var killed, bad atomic.Int32
	var wg sync.WaitGroup
	turns := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range turns {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				cmd := l.command(ctx, "kubectl-insideout", "svc/"+c.Name, "-n", c.Namespace, "-o", "name")
				if err := cmd.Start(); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					time.Sleep(time.Duration(50+rand.IntN(900)) * time.Millisecond)
					if cmd.Process.Signal(signals[i/10%3]) == nil {
						killed.Add(1)
					}
				}
				if err := cmd.Wait(); err != nil && i%10 != 0 {
					bad.Add(1)
				}
				cancel()
			}
		})
	}
	for i := range 100 {
		turns <- i
	}
	close(turns)
	wg.Wait()
	start := time.Now()
	l.gone(t, testpod.Idle+2*time.Minute)
	t.Logf(
		"100 runs, %d ended by a signal, %d others failed; all objects were gone %.0f s later", killed.Load(),
		bad.Load(), time.Since(start).Seconds(),
	)
	if bad.Load() > 0 {
		t.Error("runs failed that nobody ended")
	}
}
