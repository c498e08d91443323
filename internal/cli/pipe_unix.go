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

// WaitBroken returns true once no write to w can succeed, since it is a pipe, socket or terminal whose other end is gone, and false
// when ctx is done.
func WaitBroken(ctx context.Context, w *os.File) bool {
	const turn = 500 * time.Millisecond // how long the end of ctx may go unseen; a broken pipe ends poll at once
	raw, err := w.SyscallConn()
	for err == nil && ctx.Err() == nil {
		broken := false
		var failed error
		err = raw.Control(func(fd uintptr) {
			fds := []unix.PollFd{{Fd: int32(fd)}} // no event is asked for: what comes is POLLERR, POLLHUP or POLLNVAL
			_, failed = unix.Poll(fds, int(turn.Milliseconds()))
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
