package nsg

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// candidate is a route that contains or may contain the destination.
type candidate struct {
	route  *Route
	user   bool // it is one of the table
	bits   int  // length of the prefix that contains the destination; 0 with a reason: it may be any
	tag    int  // of equal prefixes in the table, that with the lowest wins
	reason string
}

// Hop returns where packets to the destination go next from a subnet with the table; nil means that it has none. tags are the prefixes
// behind service tags, as in Sets.Tags; those not in it are unknown.
//
// The route with the longest prefix wins; of equal ones that of the table, then that of a gateway, then that of Azure. Gateways' routes
// never win over Azure's own for virtual networks and service endpoints.
// (https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#how-azure-selects-a-route)
func Hop(dst netip.Addr, table *RouteTable, n Network, tags map[string][]netip.Prefix) Routing {
	dst = dst.Unmap().WithZone("")
	switch {
	case !dst.IsValid():
		return Routing{NextHop: UnknownHop, Reason: "the destination address is not known"}
	case isPlatform(dst): // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
		return Routing{NextHop: Platform}
	}
	all := table.candidates(dst, tags)
	all = append(all, n.candidates(dst, table, tags)...)
	var sure, possible []candidate
	for _, c := range all {
		if c.reason == "" {
			sure = append(sure, c)
		} else {
			possible = append(possible, c)
		}
	}
	slices.SortStableFunc(sure, candidate.compare)
	best := sure[0]              // Azure's own route for all addresses, if no other
	for _, c := range sure[1:] { // Azure accepts no two routes with equal prefixes
		if best.compare(c) == 0 {
			c.bits, c.reason = 0, fmt.Sprintf("which of the routes with the prefix %s wins is not known", c.route.Prefix)
			possible = append(possible, c)
		}
	}
	if !best.user && best.bits == 0 && contains(private, dst) { // what becomes of private IPv6 addresses is not documented
		possible = append(possible, candidate{route: &Route{NextHop: None}, reason: fmt.Sprintf("whether Azure routes %s is not known", dst)})
	}
	if g := gatewayRoute(best, dst, table, n); g != nil {
		possible = append(possible, *g)
	}
	return decideHop(best, possible, dst, table)
}

// compare returns a negative number if c wins over o.
func (c candidate) compare(o candidate) int {
	rank := func(c candidate) int {
		if c.user {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(o.bits, c.bits), cmp.Compare(rank(c), rank(o)), cmp.Compare(c.tag, o.tag))
}

// decideHop returns the routing by the best of the routes that certainly contain the destination, if those that may do not matter.
func decideHop(best candidate, possible []candidate, dst netip.Addr, table *RouteTable) Routing {
	r := Routing{NextHop: best.hop(), IP: best.ip(), Route: best.route}
	if best.user {
		r.Table = table.ID
	}
	if r.NextHop == UnknownHop {
		r.Reason = fmt.Sprintf("the next hop %q of route %s cannot be read", best.route.NextHop, best.route.Name)
		return r
	}
	for _, c := range possible {
		unbeaten := best.user && best.tag == 0 && best.bits == dst.BitLen()
		if unbeaten && c.bits > 0 || c.hop() == r.NextHop && c.hop() != UnknownHop && c.ip() == r.IP {
			continue
		}
		r.NextHop, r.IP, r.Reason = UnknownHop, "", c.reason
		break
	}
	return r
}

// hop returns the next hop in ARM's spelling, or UnknownHop.
func (c candidate) hop() NextHop {
	for _, h := range []NextHop{VirtualAppliance, Internet, None, VnetLocal, Gateway} {
		if strings.EqualFold(string(h), string(c.route.NextHop)) {
			return h
		}
	}
	if !c.user {
		return c.route.NextHop
	}
	return UnknownHop
}

func (c candidate) ip() string {
	if c.hop() == VirtualAppliance {
		return c.route.NextHopIP
	}
	return ""
}

// gatewayRoute returns the route that a gateway may have added for the destination, nil if none can win over the best of the others.
func gatewayRoute(best candidate, dst netip.Addr, table *RouteTable, n Network) *candidate {
	switch {
	case n.Gateway == Absent, table != nil && table.DisableBGP, contains(n.Prefixes, dst):
		return nil
	case best.bits == dst.BitLen() && best.user, !best.user && best.route.NextHop == ServiceEndpoint:
		return nil
	}
	reason := "the routes of the virtual network's gateway are not known"
	if n.Gateway != Present {
		reason = "whether the virtual network has a gateway, and its routes, are not known"
	}
	return &candidate{route: &Route{NextHop: Gateway}, reason: reason}
}

// candidates returns the table's routes that contain or may contain the destination.
func (t *RouteTable) candidates(dst netip.Addr, tags map[string][]netip.Prefix) (all []candidate) {
	if t == nil {
		return nil
	}
	for i := range t.Routes {
		c := candidate{route: &t.Routes[i], user: true}
		if p, err := netip.ParsePrefix(c.route.Prefix); err == nil && !p.Addr().Is4In6() {
			if c.bits = p.Bits(); p.Contains(dst) {
				all = append(all, c)
			}
			continue
		}
		if !tagName.MatchString(c.route.Prefix) {
			c.reason = fmt.Sprintf("the prefix %q of route %s cannot be read", c.route.Prefix, c.route.Name)
			all = append(all, c)
			continue
		}
		if c.byTag(c.route.Prefix, dst, tags) {
			all = append(all, c)
		}
	}
	return all
}

// byTag fills c for a destination that is, or may be, behind the tag; it returns false if it is not.
func (c *candidate) byTag(name string, dst netip.Addr, tags map[string][]netip.Prefix) bool {
	tag := strings.ToLower(name)
	c.tag = tagRank(tag)
	prefixes, listed := tags[tag]
	parent, hasParent := tags[parentTag(tag)]
	switch {
	case listed:
		c.bits = longest(prefixes, dst)
		return c.bits >= 0
	case contains(private, dst), hasParent && !contains(parent, dst):
		return false
	}
	c.bits = 1
	c.reason = fmt.Sprintf("what is behind the service tag %s is not known", name)
	return true
}

// longest returns the length of the longest of the prefixes that contains the address, or -1.
func longest(prefixes []netip.Prefix, a netip.Addr) int {
	bits := -1
	for _, p := range prefixes {
		if p = plain(p); p.Contains(a) {
			bits = max(bits, p.Bits())
		}
	}
	return bits
}

// tagRank orders routes with equal prefixes: after those with explicit prefixes (0) come regional tags, then tags of all regions, then
// AzureCloud of a region, then AzureCloud
// (https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#service-tags-for-user-defined-routes).
func tagRank(tag string) int {
	rank := 1
	if strings.HasPrefix(tag, "azurecloud") {
		rank += 2
	}
	if parentTag(tag) == "" {
		rank++
	}
	return rank
}
