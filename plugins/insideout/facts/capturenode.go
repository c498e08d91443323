package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/capture"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// lease returns the node pod on the node, which is created by the first call and removed at the end.
func (c *capturing) lease(ctx context.Context, node string) (*nodepod.Lease, error) {
	if l := c.leases[node]; l != nil {
		return l, nil
	}
	l, err := c.acquire(ctx, node)
	if err == nil {
		c.leases[node] = l
	}
	return l, err
}

func (c *capturing) acquire(ctx context.Context, node string) (*nodepod.Lease, error) {
	l, err := c.Capture.NodePods.Acquire(ctx, node, c.Capture.NodePod)
	if denied := (*nodepod.DenialError)(nil); errors.As(err, &denied) {
		return nil, fmt.Errorf("%w; --node-namespace %s creates it elsewhere", err, cmp.Or(denied.Allowed, "NAMESPACE"))
	}
	if err != nil {
		return nil, fmt.Errorf("creating a pod on node %s: %w", node, err)
	}
	return l, nil
}

// leaseAll creates the node pods on all nodes on which packets are captured, at once.
func (c *capturing) leaseAll(ctx context.Context) error {
	var nodes []string
	for _, node := range append([]string{c.client.node}, nodesOf(c.target.pods)...) {
		if node != "" && c.leases[node] == nil && !slices.Contains(nodes, node) {
			nodes = append(nodes, node)
		}
	}
	leases := make([]*nodepod.Lease, len(nodes))
	var g errgroup.Group
	for i, node := range nodes {
		g.Go(func() (err error) {
			leases[i], err = c.acquire(ctx, node)
			return err
		})
	}
	err := g.Wait()
	for i, l := range leases {
		if l != nil {
			c.leases[nodes[i]] = l
		}
	}
	return err
}

// sends returns what announces, once a node, that a recorder is sent there.
func (c *capturing) sends(node string) func() {
	once := c.announced[node]
	if once == nil {
		once = &sync.Once{}
		c.announced[node] = once
	}
	return func() {
		once.Do(func() {
			c.Notes.Notef("node %s has no tcpdump: a recorder is sent there, which deletes its file when it starts", node)
		})
	}
}

func nodesOf(pods []corev1.Pod) (nodes []string) {
	for _, p := range pods {
		nodes = append(nodes, p.Spec.NodeName)
	}
	return nodes
}

// on returns what runs commands on the node of the lease.
func (c *capturing) on(l *nodepod.Lease) capture.Run {
	return func(ctx context.Context, argv []string, in io.Reader, out, errOut io.Writer) (int, error) {
		s := &noderun.Session{Clients: c.Clients, Pod: l.Pod, Argv: argv, In: in, Out: out, Err: errOut}
		return s.Run(ctx)
	}
}
