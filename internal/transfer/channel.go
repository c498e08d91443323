// Package transfer runs scripts on a node and moves data to their stdin and from their stdout: through a port on the node's loopback if
// the node has socat, which is several times faster, else through exec.
package transfer

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

//go:embed args.sh
var argsScript string

//go:embed listen.sh
var listenScript string

//go:embed sum.sh
var sumScript string

//go:embed pack.sh
var packScript string

// Script is a program for the node's sh. Its arguments are in the variables A1, A2, and so on, and are not interpreted by a shell. It
// must know how much to read: it does not see the end of its stdin. It can call the functions of sum.sh and pack.sh.
type Script struct {
	Text   string
	Args   []string
	Packed bool // the whole output is that of one call of pack or plain (pack.sh), to be unpacked here
}

// text returns the script preceded by its functions.
func (s Script) text() string { return sumScript + packScript + s.Text }

// Channel runs scripts on one node, in a node pod.
type Channel struct {
	Clients  *kube.Clients
	Pod      nodepod.Pod
	ExecOnly bool // do not use a port of the node
}

// Result is the result of a script.
type Result struct {
	Code   int
	Stderr string // the last kilobytes
}

// Err returns an error with the script's stderr if its exit code is not 0.
func (r Result) Err() error {
	if r.Code == 0 {
		return nil
	}
	if stderr := strings.TrimSpace(r.Stderr); stderr != "" {
		return errors.New(stderr)
	}
	return fmt.Errorf("exit code %d", r.Code)
}

// Run runs the script with in as its stdin or out as its stdout; one of them, or both, must be nil. An error means that the script did
// not run or that its exit code is unknown; part of the data may have been moved. A *StreamError means that packed output cannot be
// unpacked.
func (c *Channel) Run(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	if !s.Packed {
		return c.run(ctx, s, in, out)
	}
	u := newUnpacker(out)
	r, err := c.run(ctx, s, in, u)
	if unpacked := u.finish(err); err == nil && r.Code == 0 {
		err = unpacked
	}
	return r, err
}

func (c *Channel) run(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	if !c.ExecOnly && (in != nil || out != nil) {
		r, err := c.throughPort(ctx, s, in, out)
		if !errors.Is(err, errNoPort) {
			return r, err
		}
	}
	return c.throughExec(ctx, s, in, out)
}

func (c *Channel) throughExec(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	stderr := &Tail{}
	if out == nil {
		out = io.Discard
	}
	session := &noderun.Session{Clients: c.Clients, Pod: c.Pod, Argv: argv(s.text(), "", s.Args), In: in, Out: out, Err: stderr}
	code, err := session.Run(ctx)
	return Result{Code: code, Stderr: stderr.String()}, err
}

// argv returns the argv that runs script with the arguments, and with inner, the script that it runs in turn, as $S.
func argv(script, inner string, args []string) []string {
	return append([]string{"/bin/sh", "-c", argsScript, "transfer", script, inner}, args...)
}

// Tail keeps the last kilobytes that are written to it.
type Tail struct{ b []byte }

// Write implements io.Writer.
func (t *Tail) Write(p []byte) (int, error) {
	const keep = 8 << 10
	t.b = append(t.b, p...)
	if len(t.b) > keep {
		t.b = append(t.b[:0], t.b[len(t.b)-keep:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (t *Tail) String() string { return string(t.b) }
