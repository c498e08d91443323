package doctor

import (
	"context"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/akstools/akstools/internal/fact"
)

// budget bounds what evaluating a bundle may cost. A bundle is not trusted, and limits on its parts cannot foresee what checks make of
// them. Targets are evaluated and printed one after the other, so that memory does not grow with their number.
type budget struct {
	memory  uint64        // bytes
	report  int           // text of one report, in bytes
	reports int           // text of all of them
	time    time.Duration // of processors: a bundle is not refused because the computer is busy
}

// budgetFor returns the budget for a bundle of the size in bytes: that of one megabyte, or in proportion for a larger one. One megabyte
// holds about 2,000 Services with a few pods each, whose reports have 40 MB of text, or 90 MB of JSON.
func budgetFor(size int) budget {
	n := fact.Megabytes(size)
	return budget{memory: uint64(n) * 140e6, report: n * 40e6, reports: n * 160e6, time: time.Duration(n) * 18 * time.Second}
}

// tooMuchMemory is the error of a budget's limit of memory.
type tooMuchMemory uint64

func (m tooMuchMemory) Error() string {
	return fmt.Sprintf("the bundle is too expensive to evaluate: it takes more than %d MB of memory", m/1e6)
}

// run runs work. If that exceeds the budget, run returns an error at once, and work goes on in the background: the program must then
// exit.
func (b budget) run(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// the garbage collector works harder near the limit, so that what is measured is in use
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(b.memory / 4 * 3)))
	before := processorTime()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
			if inUse() > b.memory {
				return tooMuchMemory(b.memory)
			}
			if processorTime()-before > b.time {
				return fmt.Errorf("the bundle is too expensive to evaluate: it takes more than %s", b.time)
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
