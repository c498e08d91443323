// Package loadbalancer is the lab's Azure cloud provider and Standard Load Balancer: it assigns an address to each
// Service of type LoadBalancer, probes the nodes, and forwards packets to them with the destination address unchanged.
// The node's kube-proxy does the rest, and replies go directly to the client.
package loadbalancer

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Balancer has the frontends.
type Balancer struct {
	changed func() // called after each change

	mu        sync.Mutex
	frontends map[types.UID]Frontend
	reserved  map[netip.Addr]types.UID // of Services that had an address when the load balancer started
	last      netip.Addr               // the last one assigned
}

func newBalancer(changed func()) *Balancer {
	return &Balancer{changed: changed, frontends: map[types.UID]Frontend{}, reserved: map[netip.Addr]types.UID{}}
}

// usable reports whether a frontend can have the address. The first four of a range are reserved by Azure.
func usable(addr netip.Addr) bool {
	return netip.MustParsePrefix(layout.FrontendCIDR).Contains(addr) && addr.As4()[3] > 3 && addr.As4()[3] < 255
}

// set replaces the frontend of its Service and returns it with its address: the one that it requests, else the one that
// it had, here or in the Service's status, else a free one. Two Services can request the same address for different
// ports.
func (b *Balancer) set(f Frontend, given netip.Addr) (Frontend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !f.Addr.IsValid() {
		f.Addr = b.address(f.UID, given)
	}
	if !f.Addr.IsValid() {
		return f, fmt.Errorf("PublicIPCountLimitReached: cannot create more than the public IP addresses of %s", layout.FrontendCIDR)
	}
	for uid, other := range b.frontends {
		if port, ok := f.conflict(other); ok && uid != f.UID {
			return f, fmt.Errorf("checkLoadBalancerResourcesConflicts: service port %s is trying to consume the port %s "+
				"which is being referenced by an existing loadBalancing rule of %s",
				f.Service, port, other.Service)
		}
	}
	b.frontends[f.UID] = f
	b.changed()
	return f, nil
}

func (b *Balancer) address(uid types.UID, given netip.Addr) netip.Addr {
	if f, ok := b.frontends[uid]; ok {
		return f.Addr
	}
	if given.IsValid() && b.free(given, uid) {
		return given
	}
	// not the last one used, so that no state is left of it
	frontends, next := netip.MustParsePrefix(layout.FrontendCIDR), b.last
	for range 256 {
		if next = next.Next(); !frontends.Contains(next) {
			next = frontends.Addr()
		}
		if usable(next) && b.free(next, uid) {
			b.last = next
			return next
		}
	}
	return netip.Addr{}
}

func (b *Balancer) free(addr netip.Addr, uid types.UID) bool {
	for _, f := range b.frontends {
		if f.Addr == addr {
			return false
		}
	}
	owner, ok := b.reserved[addr]
	return !ok || owner == uid
}

func (b *Balancer) reserve(addr netip.Addr, uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reserved[addr] = uid
}

func (b *Balancer) remove(uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.frontends, uid)
	for addr, owner := range b.reserved {
		if owner == uid {
			delete(b.reserved, addr)
		}
	}
	b.changed()
}

func (b *Balancer) frontend(uid types.UID) (Frontend, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.frontends[uid]
	return f, ok
}

func (b *Balancer) within() string { return layout.FrontendCIDR }

// all returns the frontends in a fixed order.
func (b *Balancer) all() []Frontend {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Frontend
	for _, f := range b.frontends {
		all = append(all, f)
	}
	slices.SortFunc(all, func(x, y Frontend) int { return strings.Compare(x.Service+string(x.UID), y.Service+string(y.UID)) })
	return all
}
