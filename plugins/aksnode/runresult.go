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
	Error       string  `json:"error,omitempty"` // why the command did not run, or why its result is unknown
}

// runResults is the JSON form of several nodes' results.
type runResults struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Items      []runResult `json:"items"`
}

// onNodes calls run for the nodes, at most o.parallel at once. It prints the results in the order of the nodes, each as soon as those
// before it are printed. The error has the highest exit code.
func (o *runOptions) onNodes(
	ctx context.Context, nodes []string, p *resultPrinter, run func(context.Context, string) (noderun.Output, error),
) error {
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
		r := <-done[i] // even after ctx is done, as each run removes its pod first
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

// resultPrinter prints results: a single one as it is, several with a header or prefix each, or JSON.
type resultPrinter struct {
	app    *cli.App
	json   bool
	many   bool // there may be several results
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
		p.app.Printer().Warnf("the output on node %s was too long: only the beginning was returned", node)
	}
	if failure != nil {
		p.app.Printer().Error(p.withNode(node, failure))
	}
	return nil
}

// withNode adds the node to an error that does not name it, if there are several.
func (p *resultPrinter) withNode(node string, err error) error {
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
		header := fmt.Sprintf("==> %s (exit code %d, %.1fs) <==\n", node, out.ExitCode, out.Took.Seconds())
		if _, err := io.WriteString(p.app.Streams.Out, header); err != nil {
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

// prefixed returns data with the prefix before each line and a newline at the end.
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

// end prints the JSON of all results, if that is the output format.
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
