package aksnode

import (
	"context"
	"errors"
	"io"
	"os"

	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/util/interrupt"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/akstools/akstools/internal/probe"
)

// onTerminal runs the session with the local terminal in raw mode, so that every key reaches the remote side, and puts
// the terminal back on every path.
func onTerminal(ctx context.Context, s *probe.Session) (code int, err error) {
	t := term.TTY{In: s.In, Out: s.Out, Raw: true}
	// on a signal Safe puts the terminal back and would then end the process: ctx is done too, and we clean up
	t.Parent = interrupt.New(func(os.Signal) {})
	s.Terminal = os.Getenv("TERM")
	if s.Terminal == "" {
		s.Terminal = "xterm"
	}
	if size := t.GetSize(); size != nil {
		s.Resize = sizes{t.MonitorSize(size)}
	}
	s.Err = io.Discard
	safeErr := t.Safe(func() error {
		code, err = s.Run(ctx)
		return nil
	})
	return code, errors.Join(err, safeErr)
}

// sizes gives kubectl's terminal sizes as client-go's.
type sizes struct{ term.TerminalSizeQueue }

// Next implements remotecommand.TerminalSizeQueue: nil ends the monitoring.
func (s sizes) Next() *remotecommand.TerminalSize {
	size := s.TerminalSizeQueue.Next()
	if size == nil {
		return nil
	}
	return &remotecommand.TerminalSize{Width: size.Width, Height: size.Height}
}
