package noderun

import (
	"context"
	"sync"
	"time"
)

// sleepLimit is how far apart two ticks of a second must be for the time between them to count as sleep.
const sleepLimit = 10 * time.Second

// sleepWatch notices that this computer slept, or that this program was stopped, as by SIGSTOP: no timers expire meanwhile.
type sleepWatch struct {
	mu    sync.Mutex
	awake time.Time // wall-clock time of the last tick: the monotonic clock stops while a computer sleeps
	last  sleep
}

// sleep is a time in which nothing ran here; zero: none.
type sleep struct {
	length time.Duration
	until  time.Time
}

// watch ticks until ctx is done.
func (w *sleepWatch) watch(ctx context.Context) {
	w.tick(time.Now())
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.tick(time.Now())
		}
	}
}

// tick notes that the program runs, and returns the last sleep.
func (w *sleepWatch) tick(now time.Time) sleep {
	w.mu.Lock()
	defer w.mu.Unlock()
	now = now.Round(0)
	if length := now.Sub(w.awake); !w.awake.IsZero() && length > sleepLimit {
		w.last = sleep{length: length.Round(time.Second), until: now}
	}
	w.awake = now
	return w.last
}
