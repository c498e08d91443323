package noderun

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"

	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/stream"
)

//go:embed command.sh
var commandScript string

//go:embed terminal.sh
var terminalScript string

// startLimit is how long the API server may take to connect us to the pod. The API server itself gives up after 10 s at
// the soonest and after a minute at the latest.
const startLimit = 12 * time.Second

// nodeCheckTimeout is how long may take what is done beside a session: to pause or to end its processes.
const nodeCheckTimeout = 3 * time.Second

// Session is one command on a node, through exec in a node pod.
type Session struct {
	Clients *kube.Clients
	Pod     nodepod.Pod
	Argv    []string
	In      io.Reader // nil: the command has no stdin
	Out     io.Writer
	Err     io.Writer // not used on a terminal
	// Terminal makes the command run on a terminal of that type (TERM), with the sizes that Resize gives; In must then be set.
	Terminal string
	Resize   remotecommand.TerminalSizeQueue
}

// TunnelError says that the API server did not connect us to the node.
type TunnelError struct{ Err error }

func (e *TunnelError) Error() string {
	return "the API server cannot connect to the node: " + e.Err.Error()
}
func (e *TunnelError) Unwrap() error { return e.Err }

var (
	errNotConnected = fmt.Errorf("it did not answer within %s", startLimit)
	errDone         = errors.New("the command ended")
)

// Run runs the session and returns the command's exit code. An error means that the command did not run (a TunnelError
// among others), or that it is not known how it ended, or that data was lost; then what the session started on the node
// is ended too. Where ctx is done, its cause is returned.
func (s *Session) Run(ctx context.Context) (int, error) {
	marker, session := stream.NewMarker(), stream.NewMarker()
	r := &run{started: make(chan struct{}), ended: make(chan struct{}), ends: 2}
	streamCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	options := remotecommand.StreamOptions{Tty: s.Terminal != "", TerminalSizeQueue: s.Resize}
	onError := func(err error) { cancel(&OutputError{err}) }
	output := s.buffer(onError, session)
	defer output.Close()
	defer context.AfterFunc(ctx, output.Close)()
	r.out = stream.NewFrameWriter(output.To(s.Out), marker, r.frame, onError)
	options.Stdout = r.out
	if options.Tty {
		r.ends = 1
	} else {
		r.err = stream.NewFrameWriter(output.To(s.Err), marker, r.frame, onError)
		options.Stderr = r.err
	}
	if s.In != nil {
		r.in = stream.NewWindow(s.In, options.Tty)
		defer r.in.Close()
		options.Stdin = r.in
	}
	streamed := make(chan error, 1)
	go func() {
		streamed <- s.Clients.Exec(streamCtx, s.Pod.Container(), s.script(marker, session), options)
	}()
	go r.limitStart(streamCtx, cancel)
	var streamErr error
	select {
	case streamErr = <-streamed:
	case <-r.ended:
		cancel(errDone)
		streamErr = <-streamed // at once: after that nothing is written any more
	}
	code, err := r.result(streamErr, context.Cause(streamCtx))
	if err != nil && r.hasStarted() {
		if output := (*OutputError)(nil); ctx.Err() == nil && !errors.As(err, &output) {
			err = s.loss(err)
		}
		s.end(session)
	}
	if unwritten := output.Drain(ctx); unwritten != nil && err == nil {
		err = &OutputError{unwritten}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return code, err
}

// script is the argv of the wrapper in the pod's container.
func (s *Session) script(marker, session string) []string {
	command := nodepod.Enter(session, s.Terminal, s.Argv...)
	if s.Terminal != "" {
		return append([]string{"/usr/bin/bash", "-c", terminalScript, "terminal", marker}, command...)
	}
	stdin, wait := "none", "0.01"
	if s.In != nil {
		stdin, wait = "stdin", countWait(s.In)
	}
	return append([]string{"/usr/bin/bash", "-c", commandScript, "command", marker, wait, stdin}, command...)
}

// countWait is how long, in seconds, the wrapper waits for the count of stdin after the command ended: where stdin is
// typed nothing gets lost unseen, and the wait would be felt.
func countWait(in io.Reader) string {
	if f, ok := in.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			return "0.01"
		}
	}
	return "0.1"
}

// end kills what the session left on the node. A pod that is removed next ends it anyway, a shared one does not.
func (s *Session) end(session string) {
	ctx, cancel := context.WithTimeout(context.Background(), nodeCheckTimeout)
	defer cancel()
	_ = s.Clients.Exec(ctx, s.Pod.Container(), nodepod.EndSession(session), remotecommand.StreamOptions{Stdout: io.Discard})
}

// run is the state of a session while it runs.
type run struct {
	out, err *stream.FrameWriter
	in       *stream.Window
	ends     int // end frames to come: one a stream

	mu      sync.Mutex
	started chan struct{} // closed by the first frame
	ended   chan struct{} // closed by the last end frame
	ending  ending
	bad     error // a frame that could not be read
}

func (r *run) frame(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.hasStarted() {
		close(r.started)
	}
	if text == "" || text[0] == frameStart {
		return
	}
	if text[0] == frameTaken {
		if n, err := strconv.ParseInt(text[1:], 10, 64); err == nil && r.in != nil {
			r.in.Acknowledge(n)
		}
		return
	}
	if text = text[1:]; text != "" {
		r.ending, r.bad = parseEnding(text)
	}
	if r.ends--; r.ends == 0 {
		close(r.ended)
	}
}

func (r *run) hasStarted() bool {
	select {
	case <-r.started:
		return true
	default:
		return false
	}
}

func (r *run) limitStart(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-r.started:
	case <-ctx.Done():
	case <-time.After(startLimit):
		cancel(errNotConnected)
	}
}

// result decides what the session came to. cause is why its stream was ended by us, if it was.
func (r *run) result(streamErr, cause error) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var output *OutputError
	if errors.As(cause, &output) {
		return 0, output
	}
	select {
	case <-r.ended:
	default:
		return 0, r.broken(streamErr, cause)
	}
	if r.bad != nil {
		return 0, r.bad
	}
	if r.in != nil && r.ending.stdinEOF {
		if sent, eof := r.in.Sent(); !eof || sent != r.ending.stdin {
			return 0, fmt.Errorf("stdin was cut: the command received %d bytes of %d sent", r.ending.stdin, sent)
		}
	}
	return r.ending.code, nil
}

// broken says why the end frames did not come.
func (r *run) broken(streamErr, cause error) error {
	if errors.Is(cause, errNotConnected) {
		return &TunnelError{cause}
	}
	var exit exec.CodeExitError
	if errors.As(streamErr, &exit) {
		return fmt.Errorf("the node's bash, by which commands are run, failed with exit code %d", exit.Code)
	}
	if !r.hasStarted() {
		if streamErr != nil && errtext.ToCluster(streamErr.Error()) {
			return &TunnelError{streamErr}
		}
		return fmt.Errorf("starting the command: %w", streamErr)
	}
	if streamErr == nil {
		return errors.New("the connection to the node was lost: how the command ended is not known")
	}
	return fmt.Errorf("the connection to the node was lost, how the command ended is not known: %w", streamErr)
}
