package noderun

import (
	"context"
	"io"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/stream"
)

// buffer returns the Buffer between the stream and the reader of its output. A command whose output is not read is paused. A terminal
// never is, and little is held for it: what Ctrl-C stops must stop on the screen too.
func (s *Session) buffer(onError func(error), session string) *stream.Buffer {
	const limit, terminalLimit = 96 << 20, 1 << 20
	if s.Terminal != "" {
		return stream.NewBuffer(terminalLimit, onError, nil)
	}
	return stream.NewBuffer(limit, onError, func(pause bool) error {
		ctx, cancel := context.WithTimeout(context.Background(), signalLimit)
		defer cancel()
		return s.Clients.Exec(ctx, s.Pod.Container(), nodepod.PauseSession(session, pause), remotecommand.StreamOptions{Stdout: io.Discard})
	})
}

// OutputError reports that the command's output could not be written here, for example to a pipe whose reader is gone.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "writing the command's output: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }
