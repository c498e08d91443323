package aksnode

import (
	"errors"
	"os"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/util/interrupt"
	"k8s.io/kubectl/pkg/util/term"
)

// terminalSession is a session on a terminal of that kind (TERM) and with those sizes. It returns an exit code.
type terminalSession func(kind string, resize remotecommand.TerminalSizeQueue) (int, error)

// onTerminal calls run with the local terminal in raw mode, so that all keys are passed on. It restores the terminal on every path.
func onTerminal(streams genericiooptions.IOStreams, run terminalSession) (code int, err error) {
	t := term.TTY{In: streams.In, Out: streams.Out, Raw: true}
	// on a signal, Safe restores the terminal and would then exit; but ctx is done then too, and the command must clean up
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

// sizes converts kubectl's terminal sizes to client-go's.
type sizes struct{ term.TerminalSizeQueue }

// Next implements remotecommand.TerminalSizeQueue: nil ends the monitoring.
func (s sizes) Next() *remotecommand.TerminalSize {
	size := s.TerminalSizeQueue.Next()
	if size == nil {
		return nil
	}
	return &remotecommand.TerminalSize{Width: size.Width, Height: size.Height}
}
