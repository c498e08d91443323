package cli

import (
	"errors"
	"syscall"
)

// The errors of a pipe whose reader is gone (https://learn.microsoft.com/windows/win32/debug/system-error-codes).
const (
	errorBrokenPipe = syscall.Errno(109)
	errorNoData     = syscall.Errno(232)
)

// IsBrokenPipe says that an output's reader is gone.
func IsBrokenPipe(err error) bool {
	return errors.Is(err, errorBrokenPipe) || errors.Is(err, errorNoData)
}

// ignoreBrokenPipe has nothing to do: Windows reports a broken pipe by the write's error only.
func ignoreBrokenPipe() {}
