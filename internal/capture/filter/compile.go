package filter

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/net/bpf"
)

// Accept is what a program returns for packets that match: so many of their bytes at most.
const Accept = 0x40000

// Compile returns the program that accepts the packets of the filter, for sockets that get packets from the IP header on (AF_PACKET,
// SOCK_DGRAM). An empty filter accepts all. An error names what of the filter is not known; tcpdump may know it.
func Compile(expression string) ([]bpf.RawInstruction, error) {
	c, err := parse(expression)
	if err != nil {
		return nil, fmt.Errorf("filter %q: %w", expression, err)
	}
	if c == nil {
		return bpf.Assemble([]bpf.Instruction{bpf.RetConstant{Val: Accept}})
	}
	program := append(slices.Clone(c), bpf.JumpIf{Cond: bpf.JumpNotEqual, SkipTrue: 1}, bpf.RetConstant{}, bpf.RetConstant{Val: Accept})
	const most = 4096 // https://www.kernel.org/doc/html/latest/networking/filter.html
	if len(program) > most {
		return nil, fmt.Errorf("filter %q: it is too long", expression)
	}
	return bpf.Assemble(program)
}

// condition is code that leaves 1 in register A where it holds, else 0.
type condition []bpf.Instruction

// equal holds where the instructions leave the value in A.
func equal(value uint32, load ...bpf.Instruction) condition {
	return append(load, bpf.JumpIf{Cond: bpf.JumpEqual, Val: value, SkipTrue: 2}, bpf.LoadConstant{Dst: bpf.RegA}, bpf.Jump{Skip: 1},
		bpf.LoadConstant{Dst: bpf.RegA, Val: 1})
}

// and evaluates b only where a holds. A load from behind the end of a packet ends the whole program.
func and(a, b condition) condition {
	return slices.Concat(a, condition{bpf.JumpIf{Cond: bpf.JumpNotEqual, SkipTrue: 1}, bpf.Jump{Skip: length(b)}}, b)
}

// or evaluates b only where a does not hold.
func or(a, b condition) condition {
	return slices.Concat(a, condition{bpf.JumpIf{Cond: bpf.JumpEqual, SkipTrue: 1}, bpf.Jump{Skip: length(b)}}, b)
}

func not(a condition) condition {
	return append(slices.Clone(a), bpf.ALUOpConstant{Op: bpf.ALUOpXor, Val: 1})
}

func length(c condition) uint32 { return uint32(len(c)) } //nolint:gosec // filters have at most maxLength bytes

// EtherTypes, and protocols in IP.
const (
	ipv4 = 0x0800
	ipv6 = 0x86dd

	icmp  = 1
	tcp   = 6
	udp   = 17
	frag  = 44
	icmp6 = 58
	sctp  = 132
)

// condition returns the test's code.
func (t test) condition() condition {
	v4, v6 := version(ipv4), version(ipv6)
	switch {
	case t.kind == "port":
		return or(and(v4, t.port4()), and(v6, t.port6()))
	case t.kind != "" && t.net.Addr().Is4():
		return and(v4, t.address(12, 16))
	case t.kind != "":
		return and(v6, t.address(8, 24))
	}
	switch t.protocol {
	case "ip":
		return v4
	case "ip6":
		return v6
	case "icmp":
		return and(v4, equal(icmp, byteAt(9)))
	case "icmp6":
		return and(v6, inIPv6(icmp6))
	case "tcp":
		return or(and(v4, equal(tcp, byteAt(9))), and(v6, inIPv6(tcp)))
	}
	return or(and(v4, equal(udp, byteAt(9))), and(v6, inIPv6(udp)))
}

func version(etherType uint32) condition {
	return equal(etherType, bpf.LoadExtension{Num: bpf.ExtProto})
}

func byteAt(offset uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: offset, Size: 1} }

// inIPv6 holds for packets with that protocol in IPv6, fragments too.
func inIPv6(protocol uint32) condition {
	return or(equal(protocol, byteAt(6)), and(equal(frag, byteAt(6)), equal(protocol, byteAt(40))))
}

// ported holds for the protocols with ports of the test, whose number is at the offset.
func (t test) ported(offset uint32) condition {
	switch t.protocol {
	case "tcp":
		return equal(tcp, byteAt(offset))
	case "udp":
		return equal(udp, byteAt(offset))
	}
	return or(equal(tcp, byteAt(offset)), or(equal(udp, byteAt(offset)), equal(sctp, byteAt(offset))))
}

// ends joins the conditions of both ends of a packet as the test's direction says.
func (t test) ends(from, to condition) condition {
	switch t.direction {
	case source:
		return from
	case destination:
		return to
	default:
		return or(from, to)
	}
}

// port4 finds the ports behind IPv4's header, whose length is in it. Only the first fragment has them.
func (t test) port4() condition {
	at := func(offset uint32) condition {
		return equal(uint32(t.port), bpf.LoadMemShift{Off: 0}, bpf.LoadIndirect{Off: offset, Size: 2})
	}
	first := equal(0, bpf.LoadAbsolute{Off: 6, Size: 2}, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x1fff})
	return and(and(t.ported(9), first), t.ends(at(0), at(2)))
}

// port6 finds the ports behind IPv6's header, if no other header is between them.
func (t test) port6() condition {
	at := func(offset uint32) condition { return equal(uint32(t.port), bpf.LoadAbsolute{Off: offset, Size: 2}) }
	return and(t.ported(6), t.ends(at(40), at(42)))
}

// address compares the addresses at both offsets with the test's network.
func (t test) address(from, to uint32) condition { return t.ends(t.within(from), t.within(to)) }

// within holds where the address at the offset is in the test's network.
func (t test) within(offset uint32) condition {
	c := condition{bpf.LoadConstant{Dst: bpf.RegA, Val: 1}}
	words, bits := t.net.Addr().AsSlice(), t.net.Bits()
	for i := 0; i < len(words) && bits > 0; i, bits = i+4, bits-32 {
		mask := uint32(0xffffffff)
		if bits < 32 {
			mask <<= 32 - bits
		}
		load := bpf.LoadAbsolute{Off: offset + uint32(i), Size: 4} //nolint:gosec // i is less than 16
		c = and(c, equal(binary.BigEndian.Uint32(words[i:]), load, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: mask}))
	}
	return c
}
