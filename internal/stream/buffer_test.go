package stream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const smallLimit = 3 << 20

func never(t *testing.T) func(error) {
	return func(err error) { t.Errorf("onError was called: %v", err) }
}

func TestBufferKeepsOrder(t *testing.T) {
	var out bytes.Buffer
	b := NewBuffer(1<<20, never(t), nil)
	defer b.Close()
	plain, prefixed := b.To(&out), b.To(prefix{&out})
	buf := make([]byte, 1)
	for i := range 5 {
		buf[0] = byte('0' + i) // the caller's own, and reused
		for _, w := range []io.Writer{plain, prefixed} {
			if _, err := w.Write(buf); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.Drain(t.Context()); err != nil || out.String() != "0>01>12>23>34>4" {
		t.Errorf("%q (%v)", out.String(), err)
	}
}

type prefix struct{ io.Writer }

func (p prefix) Write(b []byte) (int, error) { return p.Writer.Write(append([]byte(">"), b...)) }

// A slow reader makes the sender pause once and resume once; its writes never block.
func TestBufferPausesSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var requests []bool
		r, w := io.Pipe()
		defer w.Close()
		b := NewBuffer(64<<20, never(t), func(pause bool) error {
			if requests = append(requests, pause); len(requests) == 1 {
				return errors.New("not now")
			}
			return nil
		})
		defer b.Close()
		to := b.To(w)
		chunk := make([]byte, 1<<20)
		for range 20 {
			if _, err := to.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(retryAfter)
		synctest.Wait()
		if diff := cmp.Diff([]bool{true, true}, requests); diff != "" {
			t.Error(diff)
		}
		go func() { _, _ = io.Copy(io.Discard, r) }()
		if err := b.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]bool{true, true, false}, requests); diff != "" {
			t.Error(diff)
		}
	})
}

// A sender that does not pause blocks once the limit is reached, until Close.
func TestBufferBlocksWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer r.Close()
		b := NewBuffer(smallLimit, func(error) {}, nil)
		to := b.To(w)
		returned := make(chan error, 1)
		go func() {
			for {
				if _, err := to.Write(make([]byte, 1<<20)); err != nil {
					returned <- err
					return
				}
			}
		}()
		synctest.Wait()
		select {
		case err := <-returned:
			t.Fatalf("Write returned %v", err)
		default:
		}
		b.mu.Lock()
		if b.held < smallLimit || b.held > smallLimit+1<<20 {
			t.Errorf("%d bytes held", b.held)
		}
		b.mu.Unlock()
		b.Close()
		if err := <-returned; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Write returned %v", err)
		}
		_ = r.Close()
		synctest.Wait()
	})
}

func TestBufferReportsBrokenWriter(t *testing.T) {
	broken := errors.New("broken")
	r, w := io.Pipe()
	_ = r.CloseWithError(broken)
	reported := make(chan error, 2)
	b := NewBuffer(smallLimit, func(err error) { reported <- err }, nil)
	defer b.Close()
	to := b.To(w)
	for range 3 {
		if _, err := to.Write([]byte("x")); err != nil {
			t.Error(err)
		}
	}
	if err := b.Drain(t.Context()); !errors.Is(err, broken) || len(reported) != 1 {
		t.Errorf("%v, reported %d times", err, len(reported))
	}
}

func TestBufferDrainReturnsWithContext(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	b := NewBuffer(smallLimit, func(error) {}, nil)
	defer b.Close()
	_, _ = b.To(w).Write([]byte("x"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := b.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// Close resumes a paused sender; one that cannot be resumed is reported.
func TestBufferResumesSender(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			defer w.Close()
			paused, reported := false, 0
			b := NewBuffer(64<<20, func(error) { reported++ }, func(pause bool) error {
				if !pause && fails {
					return errors.New("never")
				}
				paused = pause
				return nil
			})
			if _, err := b.To(w).Write(make([]byte, pauseAbove+1)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if !paused {
				t.Error("the sender was not paused")
			}
			if fails {
				go func() { _, _ = io.Copy(io.Discard, r) }()
				time.Sleep(resumeLimit + 2*retryAfter)
				synctest.Wait()
			}
			_ = r.Close()
			b.Close()
			if paused != fails || (reported > 0) != fails {
				t.Errorf("paused %v, reported %d times", paused, reported)
			}
		})
	}
}
