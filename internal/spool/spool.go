// Package spool stands between a stream of the cluster, which must be read at once, and a reader of it who may be slow. Konnectivity
// carries all streams of a cluster through few connections and stops them all when one is not read: `less` that waits for its user
// must not make everybody's logs and exec time out (seen in the lab: TestUnreadOutputLeavesTheTunnelAlone).
package spool

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// The marks, in bytes held, at which a sender is asked to pause and to go on. What it sends until it does is held too.
const (
	high = 16 << 20
	low  = 4 << 20
)

// A sender that cannot be asked is asked again after retryAfter; one that does not go on for resumeLimit never will.
const (
	retryAfter  = 2 * time.Second
	resumeLimit = time.Minute
)

// Spool passes on, in the order in which it came, what was written to its writers.
type Spool struct {
	most      int
	onError   func(error)
	regulate  func(pause bool) error
	pauses    chan bool     // what the regulator is to do next; nil without one
	regulated chan struct{} // closed when the regulator has ended

	mu     sync.Mutex
	moved  *sync.Cond // something came, was passed on, or the end came
	queue  []piece
	held   int // bytes, with the one that is being written
	err    error
	paused bool
	ended  bool // nothing more is written to it
	closed bool
	idle   chan struct{} // closed when all was passed on after the end
}

type piece struct {
	to   *writer
	data []byte
}

// pieceSize is up to which small writes make one piece.
const pieceSize = 64 << 10

// New returns a Spool that holds up to most bytes before writes wait, and which must be closed. onError gets the first error of a writer
// behind it, or of a sender that does not go on; after the former all is dropped. regulate, which may be nil, is called to pause and
// resume the sender, in order, never twice at once, and again where it fails; what was paused is resumed at the end.
func New(most int, onError func(error), regulate func(pause bool) error) *Spool {
	s := &Spool{most: most, onError: onError, regulate: regulate, idle: make(chan struct{}), regulated: make(chan struct{})}
	s.moved = sync.NewCond(&s.mu)
	if regulate != nil {
		s.pauses = make(chan bool, 1)
		go s.regulator()
	} else {
		close(s.regulated)
	}
	go s.pass()
	return s
}

// To returns the writer whose bytes go to w. It fails only when the Spool is closed.
func (s *Spool) To(w io.Writer) io.Writer { return &writer{s, w} }

type writer struct {
	spool *Spool
	to    io.Writer
}

func (w *writer) Write(p []byte) (int, error) {
	s := w.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.held >= s.most && !s.closed && s.err == nil {
		s.moved.Wait()
	}
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	if s.err != nil || len(p) == 0 {
		return len(p), nil
	}
	if n := len(s.queue); n > 0 && s.queue[n-1].to == w && len(s.queue[n-1].data)+len(p) <= pieceSize {
		s.queue[n-1].data = append(s.queue[n-1].data, p...)
	} else {
		s.queue = append(s.queue, piece{w, bytes.Clone(p)})
	}
	s.held += len(p)
	s.set(s.paused || s.held > high)
	s.moved.Broadcast()
	return len(p), nil
}

// set tells the regulator; the lock is held.
func (s *Spool) set(pause bool) {
	if s.paused == pause || s.pauses == nil || s.closed {
		return
	}
	s.paused = pause
	select {
	case <-s.pauses: // an older wish
	default:
	}
	s.pauses <- pause
}

func (s *Spool) regulator() {
	defer close(s.regulated)
	paused := false
	for wish := range s.pauses {
		wish, open := s.fulfil(wish, paused)
		paused = wish
		if !open {
			break
		}
	}
	if paused {
		_ = s.regulate(false)
	}
}

// fulfil makes the sender do what is wished, or what is wished meanwhile, and returns that; open is false once nothing more will be.
func (s *Spool) fulfil(wish, paused bool) (now, open bool) {
	var last error
	for start := time.Now(); wish != paused; {
		if last = s.regulate(wish); last == nil {
			return wish, true
		}
		if !wish && time.Since(start) > resumeLimit {
			s.onError(fmt.Errorf("what was paused while nobody read its output does not go on: %w", last))
			return paused, true
		}
		select {
		case wish, open = <-s.pauses:
			if !open {
				return paused, false
			}
		case <-time.After(retryAfter):
		}
	}
	return paused, true
}

// pass is the goroutine that writes on.
func (s *Spool) pass() {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(s.idle)
	for {
		for len(s.queue) == 0 && !s.ended && !s.closed {
			s.moved.Wait()
		}
		if s.closed || len(s.queue) == 0 {
			return
		}
		next := s.queue[0]
		s.queue[0] = piece{}
		s.queue = s.queue[1:]
		s.mu.Unlock()
		_, err := next.to.to.Write(next.data)
		s.mu.Lock()
		s.held -= len(next.data)
		if err != nil && s.err == nil && !s.closed {
			s.err, s.queue, s.held = err, nil, 0
			s.mu.Unlock()
			s.onError(err)
			s.mu.Lock()
		}
		s.set(s.paused && s.held > low)
		s.moved.Broadcast()
	}
}

// Drain waits until all was passed on, after the last write, and returns the error of a writer behind it; or ctx's cause.
func (s *Spool) Drain(ctx context.Context) error {
	s.mu.Lock()
	s.ended = true
	s.moved.Broadcast()
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// closeLimit is how long Close waits for a write that has begun.
const closeLimit = 200 * time.Millisecond

// Close drops what is held, ends writes that wait, and lets the sender go on where it is paused. A write behind it that has begun is
// waited for, but not long: its reader may have fallen asleep.
func (s *Spool) Close() {
	s.mu.Lock()
	if !s.closed && s.pauses != nil {
		close(s.pauses)
	}
	s.closed, s.queue = true, nil
	s.moved.Broadcast()
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-time.After(closeLimit):
	}
	<-s.regulated
}
