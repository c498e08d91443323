//go:build unix

package cli

import (
	"errors"
	"os/signal"
	"syscall"
)

// IsBrokenPipe says that an output's reader is gone.
func IsBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }
