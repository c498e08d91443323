package noderun

import (
	"context"
	"io"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/spool"
)

// spool returns what stands between the stream and a reader who may be slow. A command waits meanwhile; a terminal shows all at once, or
// what Ctrl-C should stop would go on.
func (s *Session) spool(onError func(error), session string) *spool.Spool {
	const most, mostOnTerminal = 96 << 20, 1 << 20
	if s.Terminal != "" {
		return spool.New(mostOnTerminal, onError, nil)
	}
	return spool.New(most, onError, func(pause bool) error {
		ctx, cancel := context.WithTimeout(context.Background(), sideLimit)
		defer cancel()
		return s.Clients.Exec(ctx, s.Pod.Container(), nodepod.PauseSession(session, pause), remotecommand.StreamOptions{Stdout: io.Discard})
	})
}

// OutputError says that what the command wrote could not be written here, such as a pipe whose reader is gone.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "writing the command's output: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }
