package firewall

import "net/netip"

// The routing types of addresses, each 1 shifted by its number (linux/rtnetlink.h).
const (
	typeUnicast   = 1 << 1
	typeLocal     = 1 << 2
	typeBroadcast = 1 << 3
	typeAnycast   = 1 << 4
	typeMulticast = 1 << 5
)

// addressType returns the bit of a type's name in nft's spelling; false for an unknown name.
func addressType(name string) (uint32, bool) {
	for i, n := range [...]string{
		"unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit",
		"throw", "nat", "xresolve",
	} {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// destinationType returns the type of the destination. Packets on the path Input go to a local address, forwarded ones do
// not.
func (x *crossing) destinationType() bits {
	switch {
	case !x.Destination.IsValid():
		return bits{}
	case x.Destination.IsMulticast():
		return exactly(typeMulticast)
	case x.Destination == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return exactly(typeBroadcast)
	case x.path == Input, x.local():
		return exactly(typeLocal)
	case x.path == Forward, x.Out != "" && x.Out != "lo":
		return exactly(typeUnicast)
	}
	return oneOf(typeUnicast | typeLocal | typeBroadcast | typeAnycast)
}

// sourceType returns the type of the source.
func (x *crossing) sourceType(f *flow) bits {
	switch {
	case f.sourceNAT, !x.Source.IsValid():
		return bits{}
	case x.path == Output, x.local():
		return exactly(typeLocal)
	case x.path == Forward, x.In != "" && x.In != "lo":
		return exactly(typeUnicast)
	}
	return oneOf(typeUnicast | typeLocal)
}
