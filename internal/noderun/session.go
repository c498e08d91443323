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

// startLimit is how long the API server may take to connect to the pod. It gives up by itself after 10 s at the earliest and one
// minute at the latest.
const startLimit = 12 * time.Second

// signalLimit is how long signalling a session's processes may take.
const signalLimit = 3 * time.Second

// Session runs one command on a node, by exec in a node pod. Unlike a plain exec it loses no data unnoticed, and a command that does not
// read its stdin, or whose output is not read here, does not stall the cluster's tunnel.
type Session struct {
	Clients *kube.Clients
	Pod     nodepod.Pod
	Argv    []string
	In      io.Reader // nil: the command has no stdin
	Out     io.Writer
	Err     io.Writer // not used with Terminal
	// Terminal, if not empty, is the TERM of a terminal to run the command on, with the sizes from Resize. In must then be set.
	Terminal string
	Resize   remotecommand.TerminalSizeQueue
}

// TunnelError reports that the API server cannot connect to the node.
type TunnelError struct{ Err error }

func (e *TunnelError) Error() string {
	return "the API server cannot connect to the node: " + e.Err.Error()
}
func (e *TunnelError) Unwrap() error { return e.Err }

var (
	errNotConnected = fmt.Errorf("no response within %s", startLimit)
	errDone         = errors.New("the command has exited")
)

// Run runs the command and returns its exit code. An error means that the command did not run (for instance a *TunnelError), that its
// exit code is unknown, or that data was lost; what the session started on the node is then killed. If ctx is done, Run returns its
// cause.
func (s *Session) Run(ctx context.Context) (int, error) {
	session := nodepod.NewSession()
	r := &run{started: make(chan struct{}), ended: make(chan struct{})}
	streamCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	options := remotecommand.StreamOptions{Tty: s.Terminal != "", TerminalSizeQueue: s.Resize}
	onError := func(err error) { cancel(&OutputError{err}) }
	output := s.buffer(onError, session)
	defer output.Close()
	defer context.AfterFunc(ctx, output.Close)()
	if options.Tty {
		r.outEnded = true // the only stream ends with what stderr's ends with
		r.out = stream.NewFrameWriter(output.To(s.Out), r.frame, onError)
	} else {
		r.out = stream.NewFrameWriter(output.To(s.Out), r.stdoutFrame, onError)
		r.err = stream.NewFrameWriter(output.To(s.Err), r.frame, onError)
		options.Stderr = r.err
	}
	options.Stdout = r.out
	if s.In != nil {
		r.in = stream.NewWindow(s.In, options.Tty)
		defer r.in.Close()
		options.Stdin = r.in
	}
	streamed := make(chan error, 1)
	go func() {
		streamed <- s.Clients.Exec(streamCtx, s.Pod.Container(), s.script(session), options)
	}()
	go r.limitStart(streamCtx, cancel)
	var sleeps sleepWatch
	go sleeps.watch(streamCtx)
	var streamErr error
	select {
	case streamErr = <-streamed:
	case <-r.ended:
		cancel(errDone)
		streamErr = <-streamed // immediate; nothing is written after it
	}
	code, err := r.result(streamErr, context.Cause(streamCtx))
	if err != nil && r.hasStarted() {
		if output := (*OutputError)(nil); ctx.Err() == nil && !errors.As(err, &output) {
			err = s.explainLoss(err, sleeps.tick(time.Now()))
		}
		s.kill(session)
	}
	if tunnel := (*TunnelError)(nil); errors.As(err, &tunnel) && ctx.Err() == nil {
		err = s.unlessUnreachable(err)
	}
	if unwritten := output.Drain(ctx); unwritten != nil && err == nil {
		err = &OutputError{unwritten}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return code, err
}

// script returns the argv of the wrapper in the pod's container.
func (s *Session) script(session string) []string {
	command := nodepod.Enter(session, s.Terminal, s.Argv...)
	if s.Terminal != "" {
		return append([]string{"/usr/bin/bash", "-c", terminalScript, "terminal"}, command...)
	}
	stdin, wait := "none", noCountWait
	if s.In != nil {
		stdin, wait = "stdin", countWait(s.In)
	}
	return append([]string{"/usr/bin/bash", "-c", commandScript, "command", wait, stdin}, command...)
}

// noCountWait is the countWait where no count of stdin is needed.
const noCountWait = "0.01"

// countWait returns how long, in seconds, the wrapper waits for the count of stdin after the command has exited. If stdin is typed, the
// user would notice lost data, and would feel the wait.
func countWait(in io.Reader) string {
	if f, ok := in.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			return noCountWait
		}
	}
	return "0.1"
}

// kill kills the session's processes on the node. The removal of its pod would do the same, but a shared pod stays.
func (s *Session) kill(session string) {
	ctx, cancel := context.WithTimeout(context.Background(), signalLimit)
	defer cancel()
	_ = s.Clients.Exec(ctx, s.Pod.Container(), nodepod.EndSession(session), remotecommand.StreamOptions{Stdout: io.Discard})
}

// run is the state of a running session.
type run struct {
	out, err *stream.FrameWriter
	in       *stream.Window // nil without stdin

	mu        sync.Mutex
	started   chan struct{} // closed by the first frame
	outEnded  bool          // the end frame of stdout was read
	errEnded  bool          // the end frame of stderr, or of the terminal, was read
	ended     chan struct{} // closed by the last end frame
	ending    ending
	endingErr error // the ending could not be parsed
}

// stdoutFrame handles the text of a frame in stdout, unless that is a terminal. Only the end is valid there.
func (r *run) stdoutFrame(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text == string(frameEnd) && !r.outEnded {
		r.outEnded = true
		r.checkEnded()
	}
}

// frame handles the text of a frame in stderr, or on a terminal.
func (r *run) frame(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.hasStarted() {
		close(r.started)
	}
	if text == "" || text[0] == frameStart {
		return
	}
	if text[0] == frameAck {
		if n, err := strconv.ParseInt(text[1:], 10, 64); err == nil && r.in != nil {
			r.in.Acknowledge(n)
		}
		return
	}
	if text[0] != frameEnd || r.errEnded {
		return
	}
	r.ending, r.endingErr = parseEnding(text[1:])
	r.errEnded = true
	r.checkEnded()
}

// checkEnded closes ended if all streams have. The caller holds mu.
func (r *run) checkEnded() {
	if r.outEnded && r.errEnded {
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

// limitStart cancels the stream with errNotConnected unless the command starts within startLimit.
func (r *run) limitStart(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-r.started:
	case <-ctx.Done():
	case <-time.After(startLimit):
		cancel(errNotConnected)
	}
}

// result returns the exit code of the command, or why there is none. cause is why we cancelled the stream, if we did.
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
	if r.endingErr != nil {
		return 0, r.endingErr
	}
	if r.in != nil && r.ending.stdinEOF {
		if sent, eof := r.in.Sent(); !eof || sent != r.ending.stdin {
			return 0, fmt.Errorf("stdin was cut off: the command received %d of %d bytes", r.ending.stdin, sent)
		}
	}
	return r.ending.code, nil
}

// broken returns why the end frames are missing.
func (r *run) broken(streamErr, cause error) error {
	if errors.Is(cause, errNotConnected) {
		return &TunnelError{cause}
	}
	var exit exec.CodeExitError
	if errors.As(streamErr, &exit) {
		return fmt.Errorf("the node's bash, which runs the command, failed with exit code %d", exit.Code)
	}
	if !r.hasStarted() {
		if streamErr == nil {
			return errors.New("starting the command: the connection to the node ended before the command started")
		}
		if errtext.ToCluster(streamErr.Error()) {
			return &TunnelError{streamErr}
		}
		return fmt.Errorf("starting the command: %w", streamErr)
	}
	if streamErr == nil {
		return errors.New("the connection to the node was lost; the command's exit code is unknown")
	}
	return fmt.Errorf("the connection to the node was lost; the command's exit code is unknown: %w", streamErr)
}
