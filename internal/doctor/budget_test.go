package doctor

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	debug.FreeOSMemory() // of other tests
	b := budget{memory: inUse() + 64e6, time: 30 * time.Second}
	stop := make(chan struct{})
	err := b.run(t.Context(), func(ctx context.Context) error {
		var kept [][]byte
		for i := 0; i < 300 && ctx.Err() == nil; i++ { // what goes on counts as the process's time below
			block := make([]byte, 1e6)
			for i := range block {
				block[i] = 1
			}
			kept = append(kept, block)
			time.Sleep(time.Millisecond)
		}
		<-stop
		return errors.New(string(kept[0][:1]))
	})
	close(stop)
	if err == nil || !strings.Contains(err.Error(), "MB of memory") {
		t.Errorf("memory: %v", err)
	}
	b = budget{memory: 1 << 40, time: 300 * time.Millisecond}
	err = b.run(t.Context(), func(ctx context.Context) error {
		for ctx.Err() == nil { // it works
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "more than 300ms") {
		t.Errorf("time: %v", err)
	}
	wrong := errors.New("wrong")
	if err := b.run(t.Context(), func(context.Context) error { time.Sleep(600 * time.Millisecond); return wrong }); !errors.Is(err, wrong) {
		t.Errorf("a busy computer: %v", err)
	}
	if err := budgetFor(1000).run(t.Context(), func(context.Context) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(wrong)
	if err := budgetFor(1000).run(ctx, func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil }); !errors.Is(
		err,
		wrong,
	) {
		t.Errorf("interrupted: %v", err)
	}
	if small, large := budgetFor(10), budgetFor(3_000_001); large.memory != 4*small.memory || large.time != 4*small.time {
		t.Errorf("%+v, %+v", small, large)
	}
}
