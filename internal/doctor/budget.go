package doctor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// budget bounds what evaluating a bundle may cost. A bundle is not trusted, and limits on its parts cannot foresee what checks make of
// them.
type budget struct {
	memory uint64 // bytes
	text   int    // of all reports, in bytes
	time   time.Duration
}

// budgetFor returns the budget for a bundle of the size in bytes: that of one megabyte, or in proportion for a larger one.
func budgetFor(size int64) budget {
	megabytes := min(max(1, int64(math.Ceil(float64(size)/1e6))), 20)
	return budget{memory: uint64(megabytes) * 140e6, text: int(megabytes) * 40e6, time: time.Duration(megabytes) * 18 * time.Second}
}

// run runs work. If that exceeds the budget, run returns an error at once, and work goes on in the background: the program must then
// exit.
func (b budget) run(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, b.time)
	defer cancel()
	// the garbage collector works harder near the limit, so that what is measured is in use
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(b.memory / 4 * 3)))
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				return fmt.Errorf("the bundle is too expensive to evaluate: it takes more than %s", b.time)
			}
			return context.Cause(ctx)
		case <-tick.C:
			if inUse() > b.memory {
				return fmt.Errorf("the bundle is too expensive to evaluate: it takes more than %d MB of memory", b.memory/1e6)
			}
		}
	}
}

// inUse returns the memory that the program has from the system, in bytes.
func inUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
