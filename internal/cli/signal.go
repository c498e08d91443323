package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// interruption is the cause of a context that a signal cancelled.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return fmt.Sprintf("terminated by signal: %v", i.signal) }

// interruptible returns a context that SIGINT, SIGTERM and SIGHUP cancel, so that commands remove what they created before they exit. A
// second SIGINT or SIGTERM exits at once. SIGHUP counts neither as the first nor as the second: when a terminal is closed, both the
// kernel and the shell send it, and ssh sends it to its ProxyCommand when it exits, so that it may arrive together with a signal to the
// whole process group, in any order. A write to a broken pipe returns an error and does not kill the process: `... | head -1` must clean
// up too.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // it is ignored under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	ignoreBrokenPipe()
	done := make(chan struct{})
	go func() {
		terminating := false // SIGINT or SIGTERM was received
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				number, _ := s.(syscall.Signal)
				if terminating && number != syscall.SIGHUP {
					os.Exit(signalExitCode(number))
				}
				terminating = terminating || number != syscall.SIGHUP
				cancel(interruption{number})
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// interruptedBy returns the signal that cancelled ctx, if one did.
func interruptedBy(ctx context.Context) (syscall.Signal, bool) {
	var i interruption
	ok := errors.As(context.Cause(ctx), &i)
	return i.signal, ok
}

// signalExitCode returns the exit code with which shells report the signal.
func signalExitCode(s syscall.Signal) int { return 128 + int(s) }
