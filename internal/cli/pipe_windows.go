package cli

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// The errors of a pipe whose reader is gone (https://learn.microsoft.com/windows/win32/debug/system-error-codes).
const (
	errorBrokenPipe = syscall.Errno(109)
	errorNoData     = syscall.Errno(232)
)

// IsBrokenPipe reports whether err is that of a write to a pipe whose reader is gone.
func IsBrokenPipe(err error) bool {
	return errors.Is(err, errorBrokenPipe) || errors.Is(err, errorNoData)
}

// ignoreBrokenPipe does nothing: Windows has no signal for a broken pipe.
func ignoreBrokenPipe() {}

// WaitBroken waits until ctx is done and returns false: on Windows, only a write can find out that a pipe is broken.
func WaitBroken(ctx context.Context, _ *os.File) bool {
	<-ctx.Done()
	return false
}
