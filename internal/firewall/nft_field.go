package firewall

import (
	"encoding/json"
	"slices"
	"strconv"
)

// field evaluates the left side of a match for a packet.
type field func(*crossing, *flow) value

func unknownField(*crossing, *flow) value { return value{} }

func absentField(*crossing, *flow) value { return value{kind: absent} }

// parseField parses the left side of a match. An unsupported expression has an unknown value.
func parseField(v any, depth int) field {
	if depth > maxDepth {
		return unknownField
	}
	if n, ok := v.(json.Number); ok {
		if u, err := strconv.ParseUint(n.String(), 10, 32); err == nil {
			return func(*crossing, *flow) value { return number(exactly(uint32(u)), nil) }
		}
	}
	expr, ok := v.(map[string]any)
	if !ok || len(expr) != 1 {
		return unknownField
	}
	for kind, of := range expr {
		inner, _ := of.(map[string]any)
		list, _ := of.([]any)
		key, _ := inner["key"].(string)
		switch kind {
		case "payload":
			protocol, _ := inner["protocol"].(string)
			name, _ := inner["field"].(string)
			return payload(protocol, name)
		case "meta":
			return meta(key)
		case "ct":
			if _, directed := inner["dir"]; !directed {
				return ct(key)
			}
		case "fib":
			return fib(inner)
		case "concat":
			return concat(list, depth)
		case "&", "|", "^", "<<", ">>":
			if len(list) == 2 {
				return calculate(kind, parseField(list[0], depth+1), list[1], depth)
			}
		}
	}
	return unknownField
}

func concat(list []any, depth int) field {
	var fields []field
	for _, e := range list {
		fields = append(fields, parseField(e, depth+1))
	}
	return func(x *crossing, f *flow) value {
		v := value{kind: several}
		for _, part := range fields {
			p := part(x, f)
			if p.kind == absent {
				return p
			}
			v.parts = append(v.parts, p)
		}
		return v
	}
}

// calculate returns a bitwise operation. Its right side may be a list of names of bits.
func calculate(op string, left field, right any, depth int) field {
	other := parseField(right, depth+1)
	l := (&listed{}).literal(chainName{}, right, depth)
	return func(x *crossing, f *flow) value {
		v := left(x, f)
		if v.kind != aNumber {
			if v.kind == absent {
				return v
			}
			return value{}
		}
		o := other(x, f)
		if n, ok := v.mask(l); ok {
			o = number(exactly(n), nil)
		}
		if o.kind != aNumber {
			return value{}
		}
		switch op {
		case "&":
			v.bits = v.bits.and(o.bits)
		case "|":
			v.bits = v.bits.or(o.bits)
		case "^":
			v.bits = v.bits.xor(o.bits)
		default:
			return value{}
		}
		return v
	}
}

// payload returns a field of a packet header.
func payload(protocol, name string) field {
	switch protocol {
	case "ip", "ip6":
		return network(protocol, name)
	case "tcp", "udp", "th":
		return func(x *crossing, _ *flow) value {
			switch {
			case protocol != "th" && protocol != x.Protocol:
				return value{kind: absent}
			case name == "dport":
				return number(exactly(uint32(x.Port)), nil)
			case name == "sport":
				return number(bits{0, ^uint32(0xffff)}, nil)
			case name == "flags" && protocol == "tcp": // except ECN's, which depend on the sender
				return number(bits{flagSyn, ^uint32(0xc0)}, flag)
			}
			return value{}
		}
	case "icmp", "icmpv6", "igmp", "sctp", "dccp", "udplite", "esp", "ah", "comp", "arp":
		return absentField
	}
	return unknownField
}

// network returns a field of the IP header.
func network(protocol, name string) field {
	return func(x *crossing, f *flow) value {
		switch {
		case x.ipv6() != (protocol == "ip6"):
			return value{kind: absent}
		case name == "saddr":
			return value{kind: anAddress, address: x.source(f)}
		case name == "daddr":
			return value{kind: anAddress, address: x.Destination}
		case name == "protocol" || name == "nexthdr":
			return number(exactly(x.number()), protocolNumber)
		}
		return value{}
	}
}

// number returns the number of the packet's protocol.
func (x *crossing) number() uint32 {
	n, _ := protocolNumber(x.Protocol)
	return n
}

func protocolNumber(name string) (uint32, bool) {
	i := slices.Index([]string{
		"icmp", "igmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "ipv6-icmp", "comp", "ipcomp", "sctp", "udplite",
	}, name)
	if i < 0 {
		return 0, false
	}
	return [...]uint32{1, 2, 6, 17, 33, 47, 50, 51, 58, 58, 108, 108, 132, 136}[i], true
}
