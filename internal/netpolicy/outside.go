package netpolicy

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// Outside is a set of addresses outside the cluster.
type Outside int

// The sets. AnyAddress are those of a virtual network and of networks behind it too.
const (
	AnyAddress Outside = iota
	AnyPublicAddress
)

// EvaluateOutside is Evaluate for egress to an address that is only known to be in the set. A rule matches the peer if it allows some
// address of the set: the verdict denies the connection only where no address is allowed.
func EvaluateOutside(policies []*networkingv1.NetworkPolicy, pod End, to Outside, port Port) Verdict {
	v := Evaluate(policies, Egress, pod, End{}, port)
	for i := range v.Rules {
		r := &v.Rules[i]
		r.MatchesPeer = len(r.Peers) == 0 || slices.ContainsFunc(r.Peers, func(p networkingv1.NetworkPolicyPeer) bool {
			return p.IPBlock != nil && to.meets(*p.IPBlock)
		})
	}
	return v
}

// meets reports whether the block may hold an address of the set; a block that excludes all that it has is not looked for.
func (o Outside) meets(b networkingv1.IPBlock) bool {
	prefix, err := netip.ParsePrefix(b.CIDR)
	if err != nil {
		return false
	}
	return o == AnyAddress || !slices.ContainsFunc(inner(), func(p netip.Prefix) bool {
		return p.Bits() <= prefix.Bits() && p.Contains(prefix.Addr().Unmap())
	})
}

// IsPublic reports whether the address is one of the internet.
func IsPublic(a netip.Addr) bool {
	return !slices.ContainsFunc(inner(), func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// inner returns the networks whose addresses are not public (https://www.iana.org/assignments/iana-ipv4-special-registry), and the address
// of Azure's own services (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
func inner() (list []netip.Prefix) {
	for _, text := range []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "168.63.129.16/32",
		"fc00::/7", "fe80::/10", "::1/128",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
