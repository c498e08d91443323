package aksnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/nodepod"
)

// route is how connections reach the ports of a node.
type route struct {
	node *corev1.Node
	// via is the node whose node pod makes the connections: the node itself, which connects to its own loopback interface, or another
	// node (a hop), which connects to addr.
	via     string
	addr    netip.Addr // of node; only with a hop
	autoHop bool       // the hop was not chosen by the user and may be changed
}

// findRoute returns the route to the node of that name. There is a hop if the user chose one or if no node pod can run on the node.
func findRoute(ctx context.Context, m *nodepod.Manager, name, hop string, o nodepod.Options) (route, error) {
	node, err := nodepod.GetNode(ctx, m.Clients, name)
	if err != nil {
		return route{}, err
	}
	_, err = nodepod.CheckNode(node)
	if err == nil && hop == "" {
		return route{node: node, via: name}, nil
	}
	var unusable *nodepod.UnusableNodeError
	if err != nil && (!errors.As(err, &unusable) || !unusable.Machine) {
		return route{}, err
	}
	if hop == name {
		return route{}, fmt.Errorf("--hop is %q: it must be another node than the one to connect to", hop)
	}
	addr, ok := nodepod.InternalIP(node)
	if !ok {
		return route{}, fmt.Errorf("node %q has no internal IP at which another node could reach it", name)
	}
	autoHop := hop == ""
	if autoHop {
		if hop, err = m.Hop(ctx, node, o); err != nil {
			return route{}, err
		}
		if unusable != nil && unusable.NotReady {
			m.Notes.Warnf("%v; connecting via node %s", unusable, hop)
		}
		m.Notes.Stepf("connecting via node %s", hop)
	}
	return route{node: node, via: hop, addr: addr, autoHop: autoHop}, nil
}

// hops reports whether the route has a hop.
func (r route) hops() bool { return r.via != r.node.Name }

// target returns the address that via's node pod connects to.
func (r route) target(port string) string {
	if r.hops() {
		return net.JoinHostPort(r.addr.String(), port)
	}
	return net.JoinHostPort("127.0.0.1", port)
}
