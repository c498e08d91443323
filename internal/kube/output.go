package kube

import (
	"bytes"
	"context"
	"errors"

	"k8s.io/client-go/tools/remotecommand"
)

// errComplete ends an exec whose output is complete.
var errComplete = errors.New("the output is complete")

// Output runs argv in the container and returns its output. It returns without an error as soon as complete, which gets the output so far,
// says that nothing is missing, and else as Exec does. Of the output it keeps the first limit bytes.
//
// The command should not exit for a second after it has written everything: what is written just before a connection is closed can be lost
// on the way, and the exit code too ("websocket: close 1006"), because the close overtakes it in the cluster's tunnel. Output does not wait
// for that second.
func (c *Clients) Output(ctx context.Context, at Container, argv []string, limit int, complete func(output []byte) bool) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &outputWriter{limit: limit, complete: complete, done: func() { cancel(errComplete) }}
	err := c.Exec(ctx, at, argv, remotecommand.StreamOptions{Stdout: out})
	if errors.Is(err, errComplete) || complete(out.Bytes()) {
		err = nil
	}
	return out.Bytes(), err
}

// outputWriter keeps the first limit bytes, and calls done once they are complete.
type outputWriter struct {
	bytes.Buffer
	limit    int
	complete func([]byte) bool
	done     func()
}

// Write implements io.Writer.
func (w *outputWriter) Write(p []byte) (int, error) {
	w.Buffer.Write(p[:min(len(p), w.limit-w.Len())])
	if w.complete(w.Bytes()) {
		w.done()
	}
	return len(p), nil
}
