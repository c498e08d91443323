package nsg

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Sets is what is behind service tags. The zero Sets means that nothing is known.
// (https://learn.microsoft.com/azure/virtual-network/service-tags-overview)
type Sets struct {
	// VirtualNetwork are the prefixes that certainly belong to the tag VirtualNetwork: the address spaces of the virtual network and
	// its peers. The platform address 168.63.129.16 belongs to it without being listed. Empty means that nothing is known about it.
	VirtualNetwork []netip.Prefix `json:"virtualNetwork,omitempty"`
	// Possible are the prefixes of which any part may belong to it: those behind gateways, an overlay's pod CIDR, and everything
	// if a user-defined route has the prefix 0.0.0.0/0 (https://github.com/MicrosoftDocs/azure-docs/issues/22178).
	Possible []netip.Prefix `json:"possible,omitempty"`
	// Tags are the prefixes of the tags of Azure's services by their names in lower case, such as "storage.westeurope".
	Tags map[string][]netip.Prefix `json:"tags,omitempty"`
}

// Add adds prefixes to the service tag, which may be regional ("Storage.WestEurope").
func (s *Sets) Add(tag string, prefixes ...netip.Prefix) {
	if s.Tags == nil {
		s.Tags = map[string][]netip.Prefix{}
	}
	tag = strings.ToLower(tag)
	s.Tags[tag] = append(s.Tags[tag], prefixes...)
}

// The tags whose meaning depends on the network.
const (
	tagVirtualNetwork = "virtualnetwork"
	tagLoadBalancer   = "azureloadbalancer"
	tagInternet       = "internet"
)

// private are the address ranges that no tag of a service covers.
var private = parsed(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128",
)

func parsed(texts ...string) (prefixes []netip.Prefix) {
	for _, t := range texts {
		prefixes = append(prefixes, netip.MustParsePrefix(t))
	}
	return prefixes
}

// contains reports whether any of the prefixes contains the address.
func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return plain(p).Contains(a) })
}

// contains reports whether any of the prefixes contains the address.
func (w *world) contains(prefixes []netip.Prefix, a netip.Addr) bool {
	w.spend(len(prefixes) / 16)
	return contains(prefixes, a)
}

// plain returns the prefix as one of IPv4 if it is IPv4-mapped.
func plain(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// tagged reports whether the address is behind the tag. name is the tag as the rule has it, tag the same in lower case.
func (w *world) tagged(tag, name string, a netip.Addr) answer {
	switch tag {
	case tagVirtualNetwork:
		return w.inNetwork(a)
	case tagLoadBalancer:
		return known(a == hostAddress || a == probeAddress6)
	case tagInternet:
		return w.inInternet(a)
	}
	if t, ok := w.platformTag(tag, a); ok {
		return t
	}
	prefixes, listed := w.sets.Tags[tag]
	if listed || contains(private, a) {
		return known(w.contains(prefixes, a))
	}
	t := w.ask(tag+" "+a.String(), fmt.Sprintf("what is behind the service tag %s is not known", name))
	if parent := parentTag(tag); parent != "" {
		t = t.and(w.tagged(parent, name, a))
	}
	return t
}

// parentTag returns the tag of which a regional tag is a part: storage for storage.westeurope. Empty: it has none.
func parentTag(tag string) string {
	i := strings.LastIndexByte(tag, '.')
	return tag[:max(i, 0)]
}

// inNetwork reports whether the address belongs to the tag VirtualNetwork.
func (w *world) inNetwork(a netip.Addr) answer {
	switch {
	case a == hostAddress, w.contains(w.sets.VirtualNetwork, a):
		return certain
	case len(w.sets.VirtualNetwork) == 0, a == probeAddress6, w.contains(w.sets.Possible, a):
		return w.ask(tagVirtualNetwork+" "+a.String(), fmt.Sprintf("whether the service tag VirtualNetwork covers %s is not known", a))
	}
	return impossible
}

// inInternet reports whether the address belongs to the tag Internet: what is outside of VirtualNetwork and reachable from the
// internet. Private addresses outside of it should not belong, and Azure's own example of effective rules leaves out all of
// 10.0.0.0/8, but no list of them is documented.
func (w *world) inInternet(a netip.Addr) answer {
	outside := w.inNetwork(a).not()
	if contains(private, a) {
		return outside.and(w.ask(tagInternet+" "+a.String(), fmt.Sprintf("whether the service tag Internet covers %s is not known", a)))
	}
	return outside
}
