package aksnode

import (
	"sync"

	"github.com/akstools/akstools/internal/noderun"
)

// backlog counts the bytes of results that wait for their turn to be printed.
type backlog struct {
	limit int

	mu    sync.Mutex
	fewer *sync.Cond // bytes has decreased
	bytes int
}

func newBacklog(limit int) *backlog {
	b := &backlog{limit: limit}
	b.fewer = sync.NewCond(&b.mu)
	return b
}

func (b *backlog) add(out noderun.Output) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes += len(out.Stdout) + len(out.Stderr)
}

func (b *backlog) remove(out noderun.Output) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes -= len(out.Stdout) + len(out.Stderr)
	b.fewer.Broadcast()
}

// await returns when there are no more bytes than the limit.
func (b *backlog) await() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.bytes > b.limit {
		b.fewer.Wait()
	}
}
