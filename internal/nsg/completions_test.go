package nsg

import (
	"net/netip"
	"strconv"
	"strings"
)

// completions returns packets for the values of unknown ports and addresses that may make a difference: those at the borders of what is
// named anywhere.
func completions(p Packet, sets Sets, groups []Group) (all []Packet) {
	ports := map[uint16]bool{}
	for _, n := range []uint16{1, 52, 53, 54, 66, 67, 68, 79, 80, 81, 32525, 32526, 32527, 65535} {
		ports[n] = true
	}
	addresses := map[netip.Addr]bool{}
	around := func(texts ...string) {
		for _, t := range texts {
			prefix, err := netip.ParsePrefix(t)
			if err != nil {
				a, err := netip.ParseAddr(t)
				if err != nil {
					continue
				}
				prefix = netip.PrefixFrom(a, a.BitLen())
			}
			first := prefix.Masked().Addr()
			b := first.AsSlice()
			for i := prefix.Bits(); i < len(b)*8; i++ {
				b[i/8] |= 0x80 >> (i % 8)
			}
			last, _ := netip.AddrFromSlice(b)
			for _, a := range []netip.Addr{first.Prev(), first, last, last.Next()} {
				if a.IsValid() {
					addresses[a] = true
				}
			}
		}
	}
	around("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10",
		"::1/128", "168.63.129.16", "169.254.169.254", "fe80::1234:5678:9abc", "0.0.0.0/0", "::/0")
	for _, prefixes := range sets.Tags {
		for _, prefix := range prefixes {
			around(prefix.String())
		}
	}
	for _, prefix := range append(append([]netip.Prefix(nil), sets.VirtualNetwork...), sets.Possible...) {
		around(prefix.String())
	}
	for _, g := range groups {
		for _, rule := range g.Rules {
			around(append(append([]string(nil), rule.Sources...), rule.Destinations...)...)
			for _, text := range append(append([]string(nil), rule.Ports...), rule.SourcePorts...) {
				for _, number := range strings.Split(text, "-") {
					if n, err := strconv.Atoi(number); err == nil {
						for _, n := range []int{n - 1, n, n + 1} {
							if n >= 1 && n <= 65535 {
								ports[uint16(n)] = true
							}
						}
					}
				}
			}
		}
	}
	oneOf := func(p uint16) map[uint16]bool {
		if p > 0 {
			return map[uint16]bool{p: true}
		}
		return ports
	}
	anyOf := func(a netip.Addr) map[netip.Addr]bool {
		if a.IsValid() {
			return map[netip.Addr]bool{a: true}
		}
		return addresses
	}
	for source := range anyOf(p.Source) {
		for destination := range anyOf(p.Destination) {
			if source.Is4() != destination.Is4() || !p.Destination.IsValid() && (destination == netip.MustParseAddr("168.63.129.16") ||
				destination == netip.MustParseAddr("169.254.169.254")) {
				continue
			}
			for sourcePort := range oneOf(p.SourcePort) {
				for port := range oneOf(p.Port) {
					q := p
					q.Source, q.Destination, q.SourcePort, q.Port = source, destination, sourcePort, port
					all = append(all, q)
				}
			}
		}
	}
	return all
}
