package firewall

import "net/netip"

// The types of addresses that routing knows, each 1 shifted by its number (linux/rtnetlink.h).
const (
	typeUnicast   = 1 << 1
	typeLocal     = 1 << 2
	typeBroadcast = 1 << 3
	typeAnycast   = 1 << 4
	typeMulticast = 1 << 5
)

// addressType returns the bit of a type's name, in the spelling of nft; false for a name it does not know.
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

// destinationType is the type of the destination. What comes in to a socket goes to a local address, what is forwarded
// does not.
func (x *crossing) destinationType() bits {
	switch {
	case !x.Destination.IsValid():
		return bits{}
	case x.Destination.IsMulticast():
		return exactly(typeMulticast)
	case x.Destination == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return exactly(typeBroadcast)
	case x.way == Input, x.local():
		return exactly(typeLocal)
	case x.way == Forward, x.Out != "" && x.Out != "lo":
		return exactly(typeUnicast)
	}
	return oneOf(typeUnicast | typeLocal | typeBroadcast | typeAnycast)
}

// sourceType is the type of the source.
func (x *crossing) sourceType(f *flow) bits {
	switch {
	case f.sourceNAT, !x.Source.IsValid():
		return bits{}
	case x.way == Output, x.local():
		return exactly(typeLocal)
	case x.way == Forward, x.In != "" && x.In != "lo":
		return exactly(typeUnicast)
	}
	return oneOf(typeUnicast | typeLocal)
}
