package aksnode

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/noderun"
)

// Outputs are kept in memory, where they are of limited size: those of running commands, in bytes, and those of commands that have
// exited but whose turn to be printed has not come.
const (
	maxRunning = 256 << 20
	maxWaiting = 128 << 20
)

// onNodes calls run for the nodes, at most o.parallel at once. It prints the results in the order of the nodes, each as soon as those
// before it are printed. While results of more than maxWaiting bytes wait for their turn, no further command is started. The error has
// the highest exit code.
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
	waiting := newBacklog(maxWaiting)
	var g errgroup.Group
	g.SetLimit(o.parallel)
	go func() {
		for i, node := range nodes {
			waiting.await() // the node that is next to be printed was started before
			g.Go(func() error {
				out, err := run(ctx, node)
				waiting.add(out)
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
		waiting.remove(r.out)
	}
	ended := p.end()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := errors.Join(failed, ended); err != nil {
		return err
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}
