//go:build unix

package cli

import (
	"errors"
	"os/signal"
	"syscall"
)

// IsBrokenPipe reports whether err is that of a write to a pipe whose reader is gone.
func IsBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }
