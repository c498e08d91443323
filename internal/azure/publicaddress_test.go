package azure

import (
	"net/netip"
	"testing"
)

// Addresses that are translated or that no interface of the internet has are not this client's public address.
func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "10.0.0.1": false, "100.64.0.1": false,
		"192.0.0.2":  false, // CLAT: macOS and Android behind a network with only IPv6 (RFC 7335)
		"198.18.0.1": false, // benchmarks (RFC 2544): the TUN of Clash, Surge and others
		"240.0.0.1":  false,
	} {
		if got := IsPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
