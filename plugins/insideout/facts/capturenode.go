package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/akstools/akstools/internal/capture"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// lease returns the node pod on the node, which is created by the first call and removed at the end.
func (c *capturing) lease(ctx context.Context, node string) (*nodepod.Lease, error) {
	if l := c.leases[node]; l != nil {
		return l, nil
	}
	l, err := c.Capture.NodePods.Acquire(ctx, node, c.Capture.NodePod)
	if denied := (*nodepod.DenialError)(nil); errors.As(err, &denied) {
		return nil, fmt.Errorf("%w; --node-namespace %s creates it elsewhere", err, cmp.Or(denied.Allowed, "NAMESPACE"))
	}
	if err != nil {
		return nil, fmt.Errorf("creating a pod on node %s: %w", node, err)
	}
	c.leases[node] = l
	return l, nil
}

// on returns what runs commands on the node of the lease.
func (c *capturing) on(l *nodepod.Lease) capture.Run {
	return func(ctx context.Context, argv []string, in io.Reader, out, errOut io.Writer) (int, error) {
		s := &noderun.Session{Clients: c.Clients, Pod: l.Pod, Argv: argv, In: in, Out: out, Err: errOut}
		return s.Run(ctx)
	}
}
