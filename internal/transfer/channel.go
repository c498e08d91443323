// Package transfer moves bytes between here and scripts on a node: through a port on the node's loopback where the node has
// socat, which is several times faster, else through exec.
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

// Script is a program for the node's sh. Its arguments are the variables A1, A2, and so on; no shell reads their values.
// What it reads is bounded by itself: the end of In does not reach it. It may call sum, which writes the SHA-256 of stdin
// in hexadecimal, and a name.
type Script struct {
	Text   string
	Args   []string
	Packed bool // all that it writes is of a command that it runs by pack, which compresses, or by plain
}

// text is the script with its functions.
func (s Script) text() string { return sumScript + packScript + s.Text }

// Channel is the way to one node.
type Channel struct {
	Clients *kube.Clients
	Pod     nodepod.Pod
	Slow    bool // do not use a port of the node
}

// Result is how a script ended.
type Result struct {
	Code   int
	Stderr string // the last kilobytes
}

// Failed returns the error of a script that ended with a code other than 0.
func (r Result) Failed() error {
	if r.Code == 0 {
		return nil
	}
	if said := strings.TrimSpace(r.Stderr); said != "" {
		return errors.New(said)
	}
	return fmt.Errorf("exit code %d", r.Code)
}

// Run runs the script with in as its stdin and out as its stdout, either of which may be nil. An error means that it did not
// run, or that it is not known how it ended: some of the bytes may have been moved. A *StreamError is what the node sent.
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
	if !c.Slow && (in != nil || out != nil) {
		r, err := c.throughPort(ctx, s, in, out)
		if !errors.Is(err, errNoPort) {
			return r, err
		}
	}
	return c.throughExec(ctx, s, in, out)
}

func (c *Channel) throughExec(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	said := &Tail{}
	if out == nil {
		out = io.Discard
	}
	session := &noderun.Session{Clients: c.Clients, Pod: c.Pod, Argv: argv(s.text(), "", s.Args), In: in, Out: out, Err: said}
	code, err := session.Run(ctx)
	return Result{Code: code, Stderr: said.String()}, err
}

// argv runs the script with another one as its $S, and the arguments.
func argv(script, inner string, args []string) []string {
	return append([]string{"/bin/sh", "-c", argsScript, "transfer", script, inner}, args...)
}

// Tail keeps the last kilobytes of what is written.
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

// String returns them.
func (t *Tail) String() string { return string(t.b) }
