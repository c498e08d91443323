package aksnode

import (
	"errors"
	"os"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/util/interrupt"
	"k8s.io/kubectl/pkg/util/term"
)

// onTerminal runs a session with the local terminal in raw mode, so that every key reaches the remote side, and puts the
// terminal back on every path. run gets the terminal's type and sizes.
func onTerminal(streams genericiooptions.IOStreams, run func(kind string, resize remotecommand.TerminalSizeQueue) (int, error)) (code int, err error) {
	t := term.TTY{In: streams.In, Out: streams.Out, Raw: true}
	// on a signal Safe puts the terminal back and would then end the process: ctx is done too, and we clean up
	t.Parent = interrupt.New(func(os.Signal) {})
	kind := os.Getenv("TERM")
	if kind == "" {
		kind = "xterm"
	}
	var resize remotecommand.TerminalSizeQueue
	if size := t.GetSize(); size != nil {
		resize = sizes{t.MonitorSize(size)}
	}
	safeErr := t.Safe(func() error {
		code, err = run(kind, resize)
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
