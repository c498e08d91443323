package nsg

import (
	"net/netip"
	"slices"
	"strings"
)

// reserved are the ranges of IPv4 that Azure's own routes drop outside of virtual networks, until a route of the table has the prefix
// 0.0.0.0/0. Azure drops some public ranges of Microsoft's as well, which are not listed here.
// (https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#default)
var reserved = parsed("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")

// candidates returns Azure's own routes that contain or may contain the destination.
func (n Network) candidates(dst netip.Addr, table *RouteTable, tags map[string][]netip.Prefix) (all []candidate) {
	own := func(p netip.Prefix, hop NextHop) candidate {
		return candidate{route: &Route{Prefix: p.String(), NextHop: hop}, bits: p.Bits()}
	}
	everything := netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	if dst.Is4() {
		everything = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	all = append(all, own(everything, Internet))
	for _, p := range reserved {
		if p.Contains(dst) && !table.has(everything) && !n.covers(p) {
			all = append(all, own(p, None))
		}
	}
	for _, p := range n.Prefixes {
		if p = plain(p); p.Contains(dst) {
			all = append(all, own(p, VnetLocal))
		}
	}
	for _, tag := range n.Endpoints {
		c := candidate{route: &Route{Prefix: tag, NextHop: ServiceEndpoint}}
		if c.byTag(tag, dst, tags) {
			all = append(all, c)
		}
	}
	return all
}

// covers reports whether one of the address spaces holds all of the prefix.
func (n Network) covers(p netip.Prefix) bool {
	return slices.ContainsFunc(n.Prefixes, func(space netip.Prefix) bool { return space.Bits() <= p.Bits() && space.Contains(p.Addr()) })
}

// has reports whether a route of the table has exactly the prefix.
func (t *RouteTable) has(p netip.Prefix) bool {
	if t == nil {
		return false
	}
	for _, r := range t.Routes {
		if q, err := netip.ParsePrefix(r.Prefix); err == nil && q.Masked() == p {
			return true
		}
	}
	return false
}

// Sets returns what is behind the tag VirtualNetwork for the groups of a subnet with the table; nil means that it has none. Besides the
// address spaces, the prefixes of its routes belong to the tag, and those behind gateways
// (https://learn.microsoft.com/azure/virtual-network/service-tags-overview#available-service-tags,
// https://github.com/MicrosoftDocs/azure-docs/issues/124192). It returns no tags of services but tags.
func (n Network) Sets(table *RouteTable, tags map[string][]netip.Prefix) Sets {
	everything := parsed("0.0.0.0/0", "::/0")
	s := Sets{VirtualNetwork: n.Prefixes, Possible: n.Pods, Tags: tags}
	if len(n.Prefixes) == 0 {
		return s
	}
	s.VirtualNetwork, s.Possible = append([]netip.Prefix(nil), n.Prefixes...), append([]netip.Prefix(nil), n.Pods...)
	if n.Gateway != Absent {
		s.Possible = append(s.Possible, everything...)
	}
	if table == nil {
		return s
	}
	for _, r := range table.Routes {
		p, err := netip.ParsePrefix(r.Prefix)
		listed, ok := tags[strings.ToLower(r.Prefix)]
		switch {
		case err == nil && n.inside(r, p):
			s.VirtualNetwork = append(s.VirtualNetwork, p)
		case err == nil:
			s.Possible = append(s.Possible, p)
		case ok: // https://github.com/MicrosoftDocs/azure-docs/issues/94454
			s.Possible = append(s.Possible, listed...)
		default:
			s.Possible = append(s.Possible, everything...)
		}
	}
	return s
}

// inside reports whether the prefix of the route certainly belongs to the tag VirtualNetwork: it is private, and its next hop is in the
// network, as in the routes of kubenet's pods.
func (n Network) inside(r Route, p netip.Prefix) bool {
	hop, err := netip.ParseAddr(r.NextHopIP)
	isPrivate := slices.ContainsFunc(private, func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Contains(p.Addr()) })
	return err == nil && isPrivate && contains(n.Prefixes, hop) && strings.EqualFold(string(r.NextHop), string(VirtualAppliance))
}
