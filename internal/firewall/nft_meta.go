package firewall

import "slices"

// meta returns a field of the packet's metadata.
func meta(key string) field {
	switch key {
	case "l4proto":
		return func(x *crossing, _ *flow) value { return number(exactly(x.number()), protocolNumber) }
	case "nfproto":
		return func(x *crossing, _ *flow) value { return familyNumber(x, 2, 10) }
	case "protocol":
		return func(x *crossing, _ *flow) value { return familyNumber(x, 0x0800, 0x86dd) }
	case "iifname", "iif":
		return func(x *crossing, _ *flow) value { return value{kind: aDevice, device: x.in} }
	case "oifname", "oif":
		return func(x *crossing, _ *flow) value { return value{kind: aDevice, device: x.out} }
	case "mark":
		return func(_ *crossing, f *flow) value { return number(f.mark, nil) }
	}
	return unknownField
}

// familyNumber returns the number of the packet's IP family, one of the two given.
func familyNumber(x *crossing, four, six uint32) value {
	n := four
	if x.ipv6() {
		n = six
	}
	return number(exactly(n), func(name string) (uint32, bool) {
		switch name {
		case "ipv4", "ip":
			return four, true
		case "ipv6", "ip6":
			return six, true
		}
		return 0, name == "arp"
	})
}

// ct returns a field of the packet's connection tracking.
func ct(key string) field {
	switch key {
	case "state":
		return func(_ *crossing, f *flow) value {
			return number(oneOf(uint32(f.state)), func(name string) (uint32, bool) {
				s, ok := state(name)
				return uint32(s), ok
			})
		}
	case "status":
		return func(_ *crossing, f *flow) value { return tracked(f, bits{0, statusKnown}, status) }
	case "mark":
		return func(_ *crossing, f *flow) value { return tracked(f, f.ctmark, nil) }
	case "direction":
		return func(_ *crossing, f *flow) value {
			return tracked(f, exactly(0), direction)
		}
	}
	return unknownField
}

func direction(name string) (uint32, bool) {
	if name == "original" {
		return 0, true
	}
	return 1, name == "reply"
}

// tracked returns a number that only tracked connections have.
func tracked(f *flow, b bits, symbol func(string) (uint32, bool)) value {
	switch f.state.in(stateNew) {
	case yes:
		return number(b, symbol)
	case no:
		return value{kind: absent}
	}
	return value{}
}

// statusKnown are the bits of a connection's status that are certainly not set for its first packet, while its destination
// is unchanged: expected, seen-reply, assured, confirmed, dnat and dying.
const statusKnown = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<5 | 1<<9

func status(name string) (uint32, bool) {
	switch name {
	case "expected":
		return 1 << 0, true
	case "seen-reply":
		return 1 << 1, true
	case "assured":
		return 1 << 2, true
	case "confirmed":
		return 1 << 3, true
	case "snat":
		return 1 << 4, true
	case "dnat":
		return 1 << 5, true
	case "dying":
		return 1 << 9, true
	}
	return 0, false
}

// fib returns the result of a routing lookup; only the type of an address is supported.
func fib(of map[string]any) field {
	flags := texts(of["flags"])
	if result, _ := of["result"].(string); result != "type" || len(flags) != 1 {
		return unknownField
	}
	switch {
	case slices.Contains(flags, "daddr"):
		return func(x *crossing, _ *flow) value { return number(x.destinationType(), addressType) }
	case slices.Contains(flags, "saddr"):
		return func(x *crossing, f *flow) value { return number(x.sourceType(f), addressType) }
	}
	return unknownField
}
