package spool

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

const full = 3 << 20

func never(t *testing.T) func(error) {
	return func(err error) { t.Errorf("an error was told: %v", err) }
}

func TestOrder(t *testing.T) {
	var out bytes.Buffer
	s := New(1<<20, never(t), nil)
	defer s.Close()
	a, b := s.To(&out), s.To(prefix{&out})
	buf := make([]byte, 1)
	for i := range 5 {
		buf[0] = byte('0' + i) // the caller's own, and used again
		for _, w := range []io.Writer{a, b} {
			if _, err := w.Write(buf); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Drain(t.Context()); err != nil || out.String() != "0>01>12>23>34>4" {
		t.Errorf("%q (%v)", out.String(), err)
	}
}

type prefix struct{ io.Writer }

func (p prefix) Write(b []byte) (int, error) { return p.Writer.Write(append([]byte(">"), b...)) }

// TestSlowReader holds that the sender is paused once and resumed once, and never has to wait meanwhile.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []bool
		r, w := io.Pipe()
		defer w.Close()
		s := New(64<<20, never(t), func(pause bool) error {
			if asked = append(asked, pause); len(asked) == 1 {
				return errors.New("not now")
			}
			return nil
		})
		defer s.Close()
		to := s.To(w)
		chunk := make([]byte, 1<<20)
		for range 20 {
			if _, err := to.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(retryAfter)
		synctest.Wait()
		if diff := cmp.Diff([]bool{true, true}, asked); diff != "" {
			t.Error(diff)
		}
		go func() { _, _ = io.Copy(io.Discard, r) }()
		if err := s.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]bool{true, true, false}, asked); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFull holds that a sender that goes on all the same waits, and is let go by Close.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer r.Close()
		s := New(full, func(error) {}, nil)
		to := s.To(w)
		ended := make(chan error, 1)
		go func() {
			for {
				if _, err := to.Write(make([]byte, 1<<20)); err != nil {
					ended <- err
					return
				}
			}
		}()
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("it ended with %v", err)
		default:
		}
		s.mu.Lock()
		if s.held < full || s.held > full+1<<20 {
			t.Errorf("%d bytes are held", s.held)
		}
		s.mu.Unlock()
		s.Close()
		if err := <-ended; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("it ended with %v", err)
		}
		_ = r.Close()
		synctest.Wait()
	})
}

func TestBrokenReader(t *testing.T) {
	broken := errors.New("broken")
	r, w := io.Pipe()
	_ = r.CloseWithError(broken)
	told := make(chan error, 2)
	s := New(full, func(err error) { told <- err }, nil)
	defer s.Close()
	to := s.To(w)
	for range 3 {
		if _, err := to.Write([]byte("x")); err != nil {
			t.Error(err)
		}
	}
	if err := s.Drain(t.Context()); !errors.Is(err, broken) || len(told) != 1 {
		t.Errorf("%v, told %d times", err, len(told))
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	s := New(full, func(error) {}, nil)
	defer s.Close()
	_, _ = s.To(w).Write([]byte("x"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestResumed holds that a paused sender goes on after the end, and that one that cannot be resumed is told of.
func TestResumed(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			defer w.Close()
			paused, told := false, 0
			s := New(64<<20, func(error) { told++ }, func(pause bool) error {
				if !pause && fails {
					return errors.New("never")
				}
				paused = pause
				return nil
			})
			if _, err := s.To(w).Write(make([]byte, high+1)); err != nil {
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
			s.Close()
			if paused != fails || (told > 0) != fails {
				t.Errorf("paused %v, told %d times", paused, told)
			}
		})
	}
}
