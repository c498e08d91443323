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
// made. A second SIGINT or SIGTERM ends the process at once. SIGHUP counts neither as the first nor as the second: when a terminal is
// closed it comes from kernel and shell alike, and ssh sends it to its ProxyCommand when it ends, so that a signal for the whole process
// group and ssh's own arrive together, in any order. A broken pipe becomes an error of the write in place of a signal that kills: `... | head -1` must clean up too.
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
		asked := false
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				number, _ := s.(syscall.Signal)
				if asked && number != syscall.SIGHUP {
					os.Exit(signalExitCode(number))
				}
				asked = asked || number != syscall.SIGHUP
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
