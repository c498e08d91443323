package dial

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// linger is how long Join waits for more from the far side, once the near side has ended, where that end cannot be passed on.
const linger = 10 * time.Second

// NearError says that the near side took no more.
type NearError struct{ Err error }

func (e *NearError) Error() string { return e.Err.Error() }
func (e *NearError) Unwrap() error { return e.Err }

// ErrSilent says that the near side had ended and the far side, which could not be told, was silent for ten seconds: it may have
// had more to say.
var ErrSilent = errors.New("nothing came for 10 s after the input's end, of which the node's side could not be told")

// Join copies both ways until the far side has ended and returns nil, or the error by which it broke, or a *NearError; the
// caller closes both. The end of near is passed on where far has CloseWrite; else it may return ErrSilent.
func Join(near io.ReadWriter, far net.Conn) error {
	var ended atomic.Bool
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{near}, make([]byte, 128<<10))
		if half, ok := far.(interface{ CloseWrite() error }); ok && err == nil && half.CloseWrite() == nil {
			return
		}
		ended.Store(true)
		_ = far.SetReadDeadline(time.Now().Add(linger))
	}()
	return drain(near, far, &ended)
}

// drain copies from far to near; once near has ended, each silence of far is bounded.
func drain(near io.Writer, far net.Conn, ended *atomic.Bool) error {
	buf := make([]byte, 128<<10)
	for {
		n, err := far.Read(buf)
		if n > 0 {
			if _, werr := near.Write(buf[:n]); werr != nil {
				return &NearError{werr}
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) && ended.Load():
			return ErrSilent
		case err != nil:
			return err
		}
		if ended.Load() {
			_ = far.SetReadDeadline(time.Now().Add(linger))
		}
	}
}
