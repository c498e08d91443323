package aksnode

import (
	"context"
	"errors"
	"slices"
	"time"

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

// orderLimit is how long a result waits, as text, for those of the nodes before it: one broken node must not hide the others.
const orderLimit = 3 * time.Second

// onNodes calls run for the nodes, at most o.parallel at once. It prints the results in the order of the nodes, each as soon as those
// before it are printed, or, as text, once it has waited for orderLimit. While results of more than maxWaiting bytes wait for their turn,
// no further command is started. The error has the highest exit code.
func (o *runOptions) onNodes(
	ctx context.Context, nodes []string, p *resultPrinter, run func(context.Context, string) (noderun.Output, error),
) error {
	done := make(chan result, len(nodes))
	waiting := newBacklog(maxWaiting)
	var g errgroup.Group
	g.SetLimit(o.parallel)
	go func() {
		for i, node := range nodes {
			waiting.await() // the node that is next to be printed was started before
			g.Go(func() error {
				out, err := run(ctx, node)
				waiting.add(out)
				done <- result{i, out, err}
				return nil
			})
		}
	}()
	code := 0
	var failed error
	inOrder(len(nodes), done, !p.json, func(r result) { // even after ctx is done, as each run removes its pod first
		if r.err != nil {
			r.out.ExitCode = transportFailed
		}
		code = max(code, r.out.ExitCode)
		if err := p.print(nodes[r.node], r.out, r.err); err != nil && failed == nil {
			failed = err
		}
		waiting.remove(r.out)
	})
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

// result is what became of a command on the node with that index.
type result struct {
	node int
	out  noderun.Output
	err  error
}

// inOrder calls show with n results in the order of their nodes. If overtake is set, a result waits no longer than orderLimit for others.
func inOrder(n int, done <-chan result, overtake bool, show func(result)) {
	results := make([]*result, n)
	next := 0 // the first node that is not printed
	printed := make([]bool, n)
	var late <-chan time.Time
	for left := n; left > 0; {
		emit := func(i int) {
			printed[i] = true
			left--
			show(*results[i])
			results[i] = nil
		}
		select {
		case r := <-done:
			results[r.node] = &r
		case <-late:
			late = nil
			for i := range results {
				if results[i] != nil {
					emit(i)
				}
			}
		}
		for ; next < n && (printed[next] || results[next] != nil); next++ {
			if !printed[next] {
				emit(next)
			}
		}
		waits := slices.ContainsFunc(results, func(r *result) bool { return r != nil })
		switch {
		case !waits:
			late = nil
		case late == nil && overtake:
			late = time.After(orderLimit)
		}
	}
}
