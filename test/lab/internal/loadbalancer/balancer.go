// Package loadbalancer is what Azure's cloud provider and its Standard Load Balancer are to AKS: it gives each Service of
// type LoadBalancer an address, probes the nodes and sends them the packets, with the address that the client sent to. The
// node's kube-proxy does the rest, and answers go straight to the client.
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

// Balancer holds the frontends.
type Balancer struct {
	changed func() // called after each change

	mu        sync.Mutex
	frontends map[types.UID]Frontend
	reserved  map[netip.Addr]types.UID // of Services that had an address when the load balancer started
	last      netip.Addr               // that was given
}

func newBalancer(changed func()) *Balancer {
	return &Balancer{changed: changed, frontends: map[types.UID]Frontend{}, reserved: map[netip.Addr]types.UID{}}
}

// usable says whether a frontend can have the address. The first four of a range are Azure's own.
func usable(addr netip.Addr) bool {
	return netip.MustParsePrefix(layout.FrontendCIDR).Contains(addr) && addr.As4()[3] > 3 && addr.As4()[3] < 255
}

// set puts the frontend in the place of its Service's earlier one, and returns it with its address: the one that it names,
// else the one it had, here or by the Service's status, else a free one. Two Services can name one address, with different
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
			return f, fmt.Errorf("checkLoadBalancerResourcesConflicts: service port %s is trying to consume the port %s which is being referenced by an existing loadBalancing rule of %s",
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
	// one that was not in use just now, so that nothing old is remembered of it
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
