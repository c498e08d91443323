package aksnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"sync"
	"syscall"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// link makes connections along a route. It holds the lease of the route's node pod, and acquires another when that pod is gone. It is
// safe for concurrent use.
type link struct {
	manager  *nodepod.Manager
	options  nodepod.Options
	route    route
	execOnly bool // no connections to the pod's own ports will be made

	mu    sync.Mutex
	lease *nodepod.Lease
}

// acquire returns the lease of a running pod, which stays the link's. gone is a lease whose pod was found to be gone, or nil.
func (l *link) acquire(ctx context.Context, gone *nodepod.Lease) (*nodepod.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lease != nil && l.lease == gone {
		l.lease.Release()
		l.lease = nil
	}
	if l.lease == nil {
		lease, err := l.manager.Acquire(ctx, l.route.via, l.podOptions())
		if err != nil {
			return nil, err
		}
		l.lease = lease
	}
	return l.lease, nil
}

// changeHop changes the route to another hop if the current one can no longer start a pod and was not chosen by the user. It reports
// whether it did.
func (l *link) changeHop(ctx context.Context) bool {
	r := l.currentRoute()
	if !r.autoHop {
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
	l.manager.Notes.Warnf("%v; connecting via node %s", unusable, other)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.route.via = other
	return true
}

// currentRoute returns the route, which changeHop may change.
func (l *link) currentRoute() route {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.route
}

// podOptions returns the options of the node pod.
func (l *link) podOptions() nodepod.Options {
	o := l.options
	o.Connect = !l.route.hops() && !l.execOnly
	return o
}

// dial connects to a port of the node. If the route has no hop and the port refuses the connection, dial succeeds and the first Read
// fails.
func (l *link) dial(ctx context.Context, port string) (net.Conn, error) {
	lease, err := l.acquire(ctx, nil)
	if err != nil && l.changeHop(ctx) {
		lease, err = l.acquire(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	c, err := l.connect(ctx, lease, port)
	if err == nil || errors.Is(err, syscall.ECONNREFUSED) || ctx.Err() != nil {
		return c, err
	}
	if !l.changeHop(ctx) && !lease.Gone(ctx) {
		return nil, err
	}
	l.manager.Notes.Stepf("the node pod is gone, creating another one")
	if lease, err = l.acquire(ctx, lease); err != nil {
		return nil, err
	}
	return l.connect(ctx, lease, port)
}

func (l *link) connect(ctx context.Context, lease *nodepod.Lease, port string) (net.Conn, error) {
	var dialer dial.Dialer = &dial.Pod{Clients: l.manager.Clients, Namespace: lease.Pod.Namespace, Name: lease.Pod.Name}
	r := l.currentRoute()
	if r.hops() {
		dialer = &dial.Relay{Clients: l.manager.Clients, At: lease.Pod.Container()}
	}
	return dialer.DialContext(ctx, "tcp", r.target(port))
}

// close releases the pod.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lease != nil {
		l.lease.Release()
		l.lease = nil
	}
}

// dialError returns a better error for err, by which a connection to a port of the node failed.
func (r route) dialError(port string, err error) error {
	name := r.node.Name
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ECONNREFUSED):
		where := "node " + name
		if !r.hops() && port != sshPort {
			where = "the loopback interface of " + where
		}
		return cli.WithHint(fmt.Errorf("nothing listens on port %s of %s: connection refused", port, where), r.refusedHints(port)...)
	case errors.Is(err, dial.ErrSilent):
		return fmt.Errorf("port %s of node %s: %w", port, name, err)
	case r.hops() && (errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)):
		return cli.WithHint(fmt.Errorf("node %s cannot reach port %s of node %s (%s): %w", r.via, port, name, r.addr, err),
			fmt.Sprintf("check that no network security group blocks TCP port %s between nodes, and the firewall of node %s", port, name),
			"try to connect via another node: --hop NODE")
	case errtext.ToCluster(err.Error()):
		return &noderun.TunnelError{Err: err}
	}
	return fmt.Errorf("connecting to port %s of node %s: %w", port, name, err)
}

// sshPort is the port of sshd.
const sshPort = "22"

// poolName is the form of node pools' names (https://learn.microsoft.com/azure/aks/create-node-pools#limitations).
var poolName = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)

func (r route) refusedHints(port string) []string {
	switch {
	case port != sshPort && r.hops():
		return nil
	case port != sshPort:
		return []string{"if it listens only on the node's internal IP, connect via another node: --hop NODE"}
	}
	pool := r.node.Labels[poolLabel]
	if !poolName.MatchString(pool) {
		pool = "POOL"
	}
	// https://learn.microsoft.com/azure/aks/manage-ssh-node-access
	hints := []string{
		"sshd is not running there, or SSH is disabled for the node pool: " +
			cmdline.Az("aks", "nodepool", "show", "-g", "GROUP", "--cluster-name", "CLUSTER", "-n", pool,
				"--query", "securityProfile.sshAccess").String(),
	}
	ssh := cmdline.Kubectl("aksnode", "ssh", r.node.Name)
	if nodepod.IsWindows(r.node) {
		ssh = ssh.With("--hostprocess")
	}
	return append(hints, "without SSH: "+ssh.String())
}
