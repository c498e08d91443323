package azure

import (
	"net/netip"
	"slices"
)

// notGlobal are ranges of addresses that no server on the internet sees, besides private ones: those of carriers, of translators such as
// CLAT, of benchmarks (which the interfaces of some VPNs have) and reserved ones
// (https://www.iana.org/assignments/iana-ipv4-special-registry).
var notGlobal = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
}

// IsPublic reports whether the address may be one that servers on the internet see.
func IsPublic(a netip.Addr) bool {
	return a.IsValid() && a.IsGlobalUnicast() && !a.IsPrivate() &&
		!slices.ContainsFunc(notGlobal, func(p netip.Prefix) bool { return p.Contains(a) })
}
