package dial

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// silenceLimit is how long Join waits for more data from far after near has ended, if it cannot tell far about that end.
const silenceLimit = 10 * time.Second

// NearError reports that writing to the near side failed.
type NearError struct{ Err error }

func (e *NearError) Error() string { return e.Err.Error() }
func (e *NearError) Unwrap() error { return e.Err }

// ErrSilent reports that the near side had ended, that the far side could not be told so, and that it then sent nothing for ten seconds.
// It may have had more to send.
var ErrSilent = errors.New("no data for 10 s after the end of the input, which cannot be passed on to the node")

// Join copies in both directions until far ends. It returns nil at far's end, the error of a broken connection, or a *NearError. The
// end of near is passed on if far has CloseWrite; if it has not, Join may return ErrSilent. The caller closes both.
func Join(near io.ReadWriter, far net.Conn) error {
	var ended atomic.Bool
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{near}, make([]byte, 128<<10))
		if half, ok := far.(interface{ CloseWrite() error }); ok && err == nil && half.CloseWrite() == nil {
			return
		}
		ended.Store(true)
		_ = far.SetReadDeadline(time.Now().Add(silenceLimit))
	}()
	return drain(near, far, &ended)
}

// drain copies from far to near. Once near has ended, it waits for each read from far only silenceLimit.
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
			_ = far.SetReadDeadline(time.Now().Add(silenceLimit))
		}
	}
}
