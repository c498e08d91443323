package stream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// The sender is paused once more than pauseAbove bytes are held, and resumed when at most resumeBelow are left. What it sends until
// it has paused is held as well.
const (
	pauseAbove  = 16 << 20
	resumeBelow = 4 << 20
)

// A request to pause or resume that fails is repeated after retryAfter. A sender that cannot be resumed for resumeLimit is lost.
const (
	retryAfter  = 2 * time.Second
	resumeLimit = time.Minute
)

// Buffer passes data on in the order in which it was written to the Buffer's writers, however slow those behind them are.
type Buffer struct {
	limit         int
	onError       func(error)
	setPaused     func(pause bool) error
	requests      chan bool     // the latest request to the regulator; nil without one
	regulatorDone chan struct{} // closed when the regulator has returned

	mu      sync.Mutex
	changed *sync.Cond // data came or was passed on, or the Buffer was drained or closed
	queue   []chunk
	held    int // bytes, including the chunk that is being written
	err     error
	paused  bool
	drained bool // nothing more is written to it
	closed  bool
	idle    chan struct{} // closed when everything has been passed on and nothing more comes
}

type chunk struct {
	to   *bufferWriter
	data []byte
}

// chunkSize is the length up to which successive writes to the same writer are joined.
const chunkSize = 64 << 10

// NewBuffer returns a Buffer, which must be closed. It holds up to limit bytes before writes block. setPaused pauses and resumes the
// sender; it may be nil. It is never called concurrently, is called again when it fails, and is called to resume a paused sender
// before Close returns. onError is called with the first error of a writer behind the Buffer, after which all data is dropped, and
// with the error of a sender that cannot be resumed.
func NewBuffer(limit int, onError func(error), setPaused func(pause bool) error) *Buffer {
	b := &Buffer{
		limit: limit, onError: onError, setPaused: setPaused, idle: make(chan struct{}), regulatorDone: make(chan struct{}),
	}
	b.changed = sync.NewCond(&b.mu)
	if setPaused != nil {
		b.requests = make(chan bool, 1)
		go b.regulate()
	} else {
		close(b.regulatorDone)
	}
	go b.pass()
	return b
}

// To returns a writer whose data goes to w. Its Write fails only when the Buffer is closed.
func (b *Buffer) To(w io.Writer) io.Writer { return &bufferWriter{b, w} }

type bufferWriter struct {
	buffer *Buffer
	to     io.Writer
}

func (w *bufferWriter) Write(p []byte) (int, error) {
	b := w.buffer
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.held >= b.limit && !b.closed && b.err == nil {
		b.changed.Wait()
	}
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	if b.err != nil || len(p) == 0 {
		return len(p), nil
	}
	if n := len(b.queue); n > 0 && b.queue[n-1].to == w && len(b.queue[n-1].data)+len(p) <= chunkSize {
		b.queue[n-1].data = append(b.queue[n-1].data, p...)
	} else {
		b.queue = append(b.queue, chunk{w, bytes.Clone(p)})
	}
	b.held += len(p)
	b.request(b.paused || b.held > pauseAbove)
	b.changed.Broadcast()
	return len(p), nil
}

// request asks the regulator to pause or to resume the sender. b.mu is held.
func (b *Buffer) request(pause bool) {
	if b.paused == pause || b.requests == nil || b.closed {
		return
	}
	b.paused = pause
	select {
	case <-b.requests: // outdated
	default:
	}
	b.requests <- pause
}

// regulate carries out requests until there are no more, and leaves the sender resumed.
func (b *Buffer) regulate() {
	defer close(b.regulatorDone)
	paused := false
	for wanted := range b.requests {
		var open bool
		if paused, open = b.carryOut(wanted, paused); !open {
			break
		}
	}
	if paused {
		_ = b.setPaused(false)
	}
}

// carryOut brings the sender into the wanted state, or into the one that is requested meanwhile, and returns the state that it is in.
// open is false once no more requests come.
func (b *Buffer) carryOut(wanted, paused bool) (now, open bool) {
	var last error
	for start := time.Now(); wanted != paused; {
		if last = b.setPaused(wanted); last == nil {
			return wanted, true
		}
		if !wanted && time.Since(start) > resumeLimit {
			b.onError(fmt.Errorf("the command was paused because its output was not read, and could not be resumed: %w", last))
			return paused, true
		}
		select {
		case wanted, open = <-b.requests:
			if !open {
				return paused, false
			}
		case <-time.After(retryAfter):
		}
	}
	return paused, true
}

// pass writes what is queued until the Buffer is drained or closed.
func (b *Buffer) pass() {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer close(b.idle)
	for {
		for len(b.queue) == 0 && !b.drained && !b.closed {
			b.changed.Wait()
		}
		if b.closed || len(b.queue) == 0 {
			return
		}
		next := b.queue[0]
		b.queue[0] = chunk{}
		b.queue = b.queue[1:]
		b.mu.Unlock()
		_, err := next.to.to.Write(next.data)
		b.mu.Lock()
		b.held -= len(next.data)
		if err != nil && b.err == nil && !b.closed {
			b.err, b.queue, b.held = err, nil, 0
			b.mu.Unlock()
			b.onError(err)
			b.mu.Lock()
		}
		b.request(b.paused && b.held > resumeBelow)
		b.changed.Broadcast()
	}
}

// Drain waits until everything has been passed on. It must be called after the last write. It returns the first error of a writer
// behind the Buffer, or ctx's cause.
func (b *Buffer) Drain(ctx context.Context) error {
	b.mu.Lock()
	b.drained = true
	b.changed.Broadcast()
	b.mu.Unlock()
	select {
	case <-b.idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// closeLimit is how long Close waits for a write that has begun.
const closeLimit = 200 * time.Millisecond

// Close drops what is held, makes blocked writes fail and resumes the sender if it is paused. It waits for a write that has begun,
// but only closeLimit: its reader may never come back. It may be called more than once, and concurrently.
func (b *Buffer) Close() {
	b.mu.Lock()
	if !b.closed && b.requests != nil {
		close(b.requests)
	}
	b.closed, b.queue = true, nil
	b.changed.Broadcast()
	b.mu.Unlock()
	select {
	case <-b.idle:
	case <-time.After(closeLimit):
	}
	<-b.regulatorDone
}
