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

func (i interruption) Error() string { return fmt.Sprintf("ended by %v", i.signal) }

// interruptible returns a context that SIGINT, SIGTERM and SIGHUP cancel, so that commands end by removing what they
// made. A second one ends the process at once, but for SIGHUP, which comes from kernel and shell alike when a terminal
// is closed. A broken pipe becomes an error of the write in place of a signal that kills: `... | head -1` must clean up too.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it
		signal.Notify(signals, syscall.SIGHUP)
	}
	ignoreBrokenPipe()
	done := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case <-done:
				return
			case s := <-signals:
				number, _ := s.(syscall.Signal)
				if !first && number != syscall.SIGHUP {
					os.Exit(signalExitCode(number))
				}
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

// signalExitCode is the code by which shells report the signal.
func signalExitCode(s syscall.Signal) int { return 128 + int(s) }
