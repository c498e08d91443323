package aksnode

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/noderun"
)

// runResult is the JSON form of one node's result.
type runResult struct {
	APIVersion  string  `json:"apiVersion,omitempty"`
	Kind        string  `json:"kind,omitempty"`
	Node        string  `json:"node"`
	ExitCode    int     `json:"exitCode"` // 255 with an error
	Stdout      string  `json:"stdout"`
	Stderr      string  `json:"stderr"`
	Truncated   bool    `json:"truncated"`
	TookSeconds float64 `json:"tookSeconds"`
	Error       string  `json:"error,omitempty"` // why the command did not run, or why it is not known how it ended
}

// runResults is the JSON form of several nodes' results.
type runResults struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Items      []runResult `json:"items"`
}

// onNodes runs the command on the nodes, a bounded number at once, prints the results in the nodes' order, each as soon as
// those before it are there, and returns the exit code.
func (o *runOptions) onNodes(ctx context.Context, nodes []string, p *resultPrinter, run func(context.Context, string) (noderun.Output, error)) error {
	type result struct {
		out noderun.Output
		err error
	}
	done := make([]chan result, len(nodes))
	for i := range done {
		done[i] = make(chan result, 1)
	}
	var g errgroup.Group
	g.SetLimit(o.parallel)
	go func() {
		for i, node := range nodes {
			g.Go(func() error {
				out, err := run(ctx, node)
				done[i] <- result{out, err}
				return nil
			})
		}
	}()
	code := 0
	var failed error
	for i, node := range nodes {
		r := <-done[i] // also after ctx is done: each removes its pod first
		if r.err != nil {
			r.out.ExitCode = transportFailed
		}
		code = max(code, r.out.ExitCode)
		if err := p.print(node, r.out, r.err); err != nil && failed == nil {
			failed = err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := errors.Join(failed, p.end()); err != nil {
		return err
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// resultPrinter prints results: one as it is, several under their nodes' names, or JSON.
type resultPrinter struct {
	app    *cli.App
	json   bool
	many   bool
	prefix bool
	items  []runResult
}

func (o *runOptions) results(many bool) *resultPrinter {
	return &resultPrinter{app: o.app, json: o.output == "json", many: many, prefix: o.prefix, items: []runResult{}}
}

func (p *resultPrinter) print(node string, out noderun.Output, failure error) error {
	if p.json {
		item := runResult{
			Node: node, ExitCode: out.ExitCode, Stdout: string(out.Stdout), Stderr: string(out.Stderr),
			Truncated: out.Truncated, TookSeconds: out.Took.Seconds(),
		}
		if failure != nil {
			item.Error = failure.Error()
		}
		p.items = append(p.items, item)
	} else if err := p.text(node, out, failure == nil); err != nil {
		return err
	}
	if out.Truncated {
		p.app.Printer().Warnf("the output of node %s was longer than can be brought back: this is its beginning", node)
	}
	if failure != nil {
		p.app.Printer().Error(p.about(node, failure))
	}
	return nil
}

// about says which node of several an error is of, where it does not say so itself.
func (p *resultPrinter) about(node string, err error) error {
	if !p.many || strings.Contains(err.Error(), node) {
		return err
	}
	return fmt.Errorf("node %s: %w", node, err)
}

func (p *resultPrinter) text(node string, out noderun.Output, ran bool) error {
	streams := []struct {
		to   io.Writer
		data []byte
	}{{p.app.Streams.Out, out.Stdout}, {p.app.Streams.ErrOut, out.Stderr}}
	if p.many && !p.prefix && ran {
		if _, err := fmt.Fprintf(p.app.Streams.Out, "==> %s (exit code %d, %.1fs) <==\n", node, out.ExitCode, out.Took.Seconds()); err != nil {
			return err
		}
	}
	for _, s := range streams {
		data := s.data
		if p.prefix {
			data = prefixed(node+": ", data)
		} else if p.many && len(data) > 0 && data[len(data)-1] != '\n' {
			data = append(data, '\n')
		}
		if _, err := s.to.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// prefixed puts the prefix before each line.
func prefixed(prefix string, data []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(data) {
		b.WriteString(prefix)
		b.Write(line)
	}
	if n := b.Len(); n > 0 && b.Bytes()[n-1] != '\n' {
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// end prints what comes last: the JSON of all.
func (p *resultPrinter) end() error {
	if !p.json {
		return nil
	}
	encoder := json.NewEncoder(p.app.Streams.Out)
	encoder.SetIndent("", "  ")
	if !p.many {
		item := p.items[0]
		item.APIVersion, item.Kind = apiVersion, "RunResult"
		return encoder.Encode(item)
	}
	return encoder.Encode(runResults{APIVersion: apiVersion, Kind: "RunResultList", Items: p.items})
}
