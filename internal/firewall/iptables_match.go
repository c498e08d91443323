package firewall

import (
	"net/netip"
	"strconv"
	"strings"
)

// matcher is a match of a rule; nil is an unknown one.
type matcher = func(*crossing, *flow) truth

// option parses an option of a module, with its values.
func option(module, name string, a *arguments) matcher {
	protocols := module == "tcp" || module == "udp"
	switch {
	case protocols && (name == "--dport" || name == "--destination-port"):
		return matchPorts(module, a.next(), true, false)
	case protocols && (name == "--sport" || name == "--source-port"):
		return matchPorts(module, a.next(), false, true)
	case module == "multiport" && (name == "--dports" || name == "--destination-ports"):
		return matchPorts("", a.next(), true, false)
	case module == "multiport" && (name == "--sports" || name == "--source-ports"):
		return matchPorts("", a.next(), false, true)
	case module == "multiport" && (name == "--ports" || name == "--port"):
		return matchPorts("", a.next(), true, true)
	case module == "tcp" && name == "--tcp-flags":
		return matchFlags(a.next(), a.next())
	case module == "tcp" && name == "--syn":
		return matchFlags("FIN,SYN,RST,ACK", "SYN")
	case module == "conntrack" && name == "--ctstate", module == "state" && name == "--state":
		return matchStates(a.next())
	case module == "addrtype" && name == "--dst-type":
		return matchType(a.next(), func(x *crossing, _ *flow) bits { return x.destinationType() })
	case module == "addrtype" && name == "--src-type":
		return matchType(a.next(), (*crossing).sourceType)
	case module == "comment" && name == "--comment":
		a.next()
		return func(*crossing, *flow) truth { return yes }
	case module == "mark" && name == "--mark":
		return matchMark(a.next(), func(f *flow) bits { return f.mark })
	case module == "connmark" && name == "--mark":
		return matchMark(a.next(), func(f *flow) bits {
			if f.state.in(stateNew) != yes { // only tracked connections have a mark
				return bits{}
			}
			return f.ctmark
		})
	case module == "iprange" && name == "--src-range":
		return matchRange(a.next(), (*crossing).source)
	case module == "iprange" && name == "--dst-range":
		return matchRange(a.next(), (*crossing).destination)
	}
	for a.more() && !a.option() {
		a.next()
	}
	return nil
}

func matchProtocol(protocol string) matcher {
	return func(x *crossing, _ *flow) truth {
		switch protocol {
		case "all", "0", x.Protocol:
			return yes
		case "6":
			return is(x.Protocol == "tcp")
		case "17":
			return is(x.Protocol == "udp")
		}
		return no
	}
}

// ports is a range of ports.
type ports struct{ first, last uint32 }

// matchPorts parses a list of ports and port ranges, to be matched with the destination port, the source port, or either.
// The source port is unknown.
func matchPorts(protocol, list string, destination, source bool) matcher {
	var ranges []ports
	for part := range strings.SplitSeq(list, ",") {
		first, last, ok := strings.Cut(part, ":")
		r := ports{0, 65535}
		if first != "" || !ok {
			n, err := strconv.ParseUint(first, 10, 16)
			if err != nil {
				return nil
			}
			r.first = uint32(n)
		}
		if !ok {
			r.last = r.first
		} else if last != "" {
			n, err := strconv.ParseUint(last, 10, 16)
			if err != nil {
				return nil
			}
			r.last = uint32(n)
		}
		ranges = append(ranges, r)
	}
	return func(x *crossing, _ *flow) truth {
		if protocol != "" && protocol != x.Protocol {
			return no
		}
		t := no
		for _, r := range ranges {
			if destination {
				t = max(t, exactly(uint32(x.Port)).between(r.first, r.last))
			}
			if source {
				t = max(t, bits{0, ^uint32(0xffff)}.between(r.first, r.last))
			}
		}
		return t
	}
}

// The flags of TCP.
const flagSyn = 1 << 1

// flag returns the bit of a flag's name in lower case.
func flag(name string) (uint32, bool) {
	for i, n := range [...]string{"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"} {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// matchFlags parses which flags are examined and which of those must be set.
func matchFlags(mask, set string) matcher {
	m, ok := flags(mask)
	s, also := flags(set)
	if !ok || !also {
		return nil
	}
	return func(x *crossing, _ *flow) truth { return min(is(x.Protocol == "tcp"), exactly(flagSyn).masked(s, m)) }
}

func flags(list string) (uint32, bool) {
	set := uint32(0)
	for name := range strings.SplitSeq(list, ",") {
		switch name {
		case "ALL":
			set |= 0x3f
		case "NONE":
		default:
			bit, ok := flag(strings.ToLower(name))
			if !ok || bit > 0x3f {
				return 0, false
			}
			set |= bit
		}
	}
	return set, true
}

func matchStates(list string) matcher {
	var set states
	snat := false
	for name := range strings.SplitSeq(list, ",") {
		s, ok := state(strings.ToLower(name))
		switch {
		case ok:
			set |= s
		case name == "SNAT":
			snat = true
		case name == "DNAT": // never matches: packets with a new destination are not followed
		default:
			return nil
		}
	}
	return func(_ *crossing, f *flow) truth {
		t := f.state.in(set)
		if snat && f.sourceNAT {
			return max(t, maybe)
		}
		return t
	}
}

// state returns the bit of a state's name in lower case.
func state(name string) (states, bool) {
	switch name {
	case "invalid":
		return stateInvalid, true
	case "established":
		return stateEstablished, true
	case "related":
		return stateRelated, true
	case "new":
		return stateNew, true
	case "untracked":
		return stateUntracked, true
	}
	return 0, false
}

func matchType(list string, of func(*crossing, *flow) bits) matcher {
	types := uint32(0)
	for name := range strings.SplitSeq(list, ",") {
		bit, ok := addressType(strings.ToLower(name))
		if !ok {
			return nil
		}
		types |= bit
	}
	return func(x *crossing, f *flow) truth {
		if x.ipv6() && types&typeUnicast != 0 { // for IPv6, local addresses are unicast too
			return maybe
		}
		return of(x, f).anyOf(types)
	}
}

func matchMark(text string, of func(*flow) bits) matcher {
	value, mask, ok := masked(text)
	if !ok {
		return nil
	}
	return func(_ *crossing, f *flow) truth { return of(f).masked(value, mask) }
}

func matchDevice(name string, of func(*crossing) device) matcher {
	prefix, wild := strings.CutSuffix(name, "+")
	return func(x *crossing, _ *flow) truth { return of(x).is(prefix, wild) }
}

func matchRange(text string, of func(*crossing, *flow) netip.Addr) matcher {
	first, last, ok := strings.Cut(text, "-")
	low, err := netip.ParseAddr(first)
	high, other := netip.ParseAddr(last)
	if !ok || err != nil || other != nil {
		return nil
	}
	return func(x *crossing, f *flow) truth { return within(of(x, f), low, high) }
}
