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

// route is how connections get to the ports of a node.
type route struct {
	node *corev1.Node
	// via is the node whose node pod connects: the node itself, to its own loopback, or a hop, to addr.
	via  string
	addr netip.Addr
	// chosen says that via was not asked for: another may take its place.
	chosen bool
}

// findRoute goes by the node itself where a node pod can run there and no hop is asked for.
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
		return route{}, fmt.Errorf("--hop names the node %q itself", name)
	}
	addr, ok := nodepod.InternalIP(node)
	if !ok {
		return route{}, fmt.Errorf("node %q has no internal address by which another node could reach it", name)
	}
	chosen := hop == ""
	if chosen {
		if hop, err = m.Hop(ctx, node, o); err != nil {
			return route{}, err
		}
		if unusable != nil && unusable.NotReady {
			m.Notes.Warnf("%v; going by way of node %s", unusable, hop)
		}
		m.Notes.Stepf("going by way of node %s", hop)
	}
	return route{node: node, via: hop, addr: addr, chosen: chosen}, nil
}

// hops says that another node connects.
func (r route) hops() bool { return r.via != r.node.Name }

// target is the address that is dialed where via is.
func (r route) target(port string) string {
	if r.hops() {
		return net.JoinHostPort(r.addr.String(), port)
	}
	return net.JoinHostPort("127.0.0.1", port)
}
