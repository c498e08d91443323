package aksnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// link holds the node pod of a route for as many connections as are made, and gets another where that one is gone.
type link struct {
	manager *nodepod.Manager
	options nodepod.Options
	route   route
	// execOnly says that no connection is made to the pod's own ports.
	execOnly bool

	mu    sync.Mutex
	lease *nodepod.Lease
}

// lend returns the lease of a pod that runs; lost is one that was found to be gone, or nil.
func (l *link) lend(ctx context.Context, lost *nodepod.Lease) (*nodepod.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lease != nil && l.lease == lost {
		l.lease.Release()
		l.lease = nil
	}
	if l.lease == nil {
		lease, err := l.manager.Acquire(ctx, l.route.via, l.pod())
		if err != nil {
			return nil, err
		}
		l.lease = lease
	}
	return l.lease, nil
}

// turn goes by way of another node where the one that was chosen starts no pod any more. It says whether it did.
func (l *link) turn(ctx context.Context) bool {
	r := l.way()
	if !r.chosen {
		return false
	}
	via, err := nodepod.GetNode(ctx, l.manager.Clients, r.via)
	if err == nil {
		_, err = nodepod.CheckNode(via)
	}
	var unusable *nodepod.UnusableNodeError
	if !errors.As(err, &unusable) {
		return false
	}
	other, hopErr := l.manager.Hop(ctx, r.node, l.options)
	if hopErr != nil {
		return false
	}
	l.manager.Notes.Warnf("%v; going by way of node %s", unusable, other)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.route.via = other
	return true
}

// way is the route as it is now.
func (l *link) way() route {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.route
}

// pod says how the node pod is made.
func (l *link) pod() nodepod.Options {
	o := l.options
	o.Connect = !l.route.hops() && !l.execOnly
	return o
}

// dial connects to a port of the node. A port that refuses shows at the first Read where the route has no hop.
func (l *link) dial(ctx context.Context, port string) (net.Conn, error) {
	lease, err := l.lend(ctx, nil)
	if err != nil && l.turn(ctx) {
		lease, err = l.lend(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	c, err := l.connect(ctx, lease, port)
	if err == nil || errors.Is(err, syscall.ECONNREFUSED) || ctx.Err() != nil {
		return c, err
	}
	if turned := l.turn(ctx); !turned && !lease.Gone(ctx) {
		return nil, err
	}
	l.manager.Notes.Stepf("the node pod is gone, another is made")
	if lease, err = l.lend(ctx, lease); err != nil {
		return nil, err
	}
	return l.connect(ctx, lease, port)
}

func (l *link) connect(ctx context.Context, lease *nodepod.Lease, port string) (net.Conn, error) {
	var dialer dial.Dialer = &dial.Pod{Clients: l.manager.Clients, Namespace: lease.Pod.Namespace, Name: lease.Pod.Name}
	r := l.way()
	if r.hops() {
		dialer = &dial.Relay{Clients: l.manager.Clients, At: lease.Pod.Container()}
	}
	return dialer.DialContext(ctx, "tcp", r.target(port))
}

// close gives the pod back.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lease != nil {
		l.lease.Release()
		l.lease = nil
	}
}

// explain says what a failed connection to a port of the node means.
func (r route) explain(port string, err error) error {
	name := r.node.Name
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ECONNREFUSED):
		where := "node " + name
		if !r.hops() && port != sshPort {
			where = "the loopback of " + where
		}
		return cli.WithHint(fmt.Errorf("nothing listens on port %s of %s: connection refused", port, where), r.refusedHints(port)...)
	case errors.Is(err, dial.ErrSilent):
		return fmt.Errorf("port %s of node %s: %w", port, name, err)
	case r.hops() && (errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)):
		return cli.WithHint(fmt.Errorf("node %s does not reach port %s of node %s (%s): %w", r.via, port, name, r.addr, err),
			fmt.Sprintf("something between the two drops it: a network security group that does not allow TCP %s from node to node, or the firewall of node %s", port, name),
			"try by way of another node: --hop NODE")
	case errtext.ToCluster(err.Error()):
		return &noderun.TunnelError{Err: err}
	}
	return fmt.Errorf("connecting to port %s of node %s: %w", port, name, err)
}

// sshPort is sshd's.
const sshPort = "22"

func (r route) refusedHints(port string) []string {
	switch {
	case port != sshPort && r.hops():
		return nil
	case port != sshPort:
		return []string{"what listens on the node's internal address only is reached by way of another node: --hop NODE"}
	}
	pool := r.node.Labels[poolLabel]
	// https://learn.microsoft.com/azure/aks/manage-ssh-node-access
	hints := []string{fmt.Sprintf("sshd is stopped there, or SSH is disabled for the pool; see: az aks nodepool show -g GROUP --cluster-name CLUSTER -n %s --query securityProfile.sshAccess", pool)}
	if nodepod.IsWindows(r.node) {
		return append(hints, "this needs no SSH: kubectl aksnode ssh "+r.node.Name+" --hostprocess")
	}
	return append(hints, "this needs no SSH: kubectl aksnode ssh "+r.node.Name)
}
