//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// IsBrokenPipe reports whether err is that of a write to a pipe whose reader is gone.
func IsBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }

// WaitBroken waits until no write to w can succeed, as it is a pipe, socket or terminal whose other end is gone, and returns true. It
// returns false when ctx is done.
func WaitBroken(ctx context.Context, w *os.File) bool {
	const interval = 500 * time.Millisecond // for checking ctx; poll returns at once when the pipe breaks
	raw, err := w.SyscallConn()
	for err == nil && ctx.Err() == nil {
		broken := false
		var failed error
		err = raw.Control(func(fd uintptr) {
			fds := []unix.PollFd{{Fd: int32(fd)}} // without requested events, poll reports only POLLERR, POLLHUP and POLLNVAL
			_, failed = unix.Poll(fds, int(interval.Milliseconds()))
			broken = failed == nil && fds[0].Revents != 0
		})
		switch {
		case broken:
			return true
		case err == nil && !errors.Is(failed, unix.EINTR):
			err = failed
		}
	}
	<-ctx.Done()
	return false
}
