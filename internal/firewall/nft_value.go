package firewall

import "net/netip"

// value is what the left side of a match takes from a packet.
type value struct {
	kind    kind
	address netip.Addr
	bits    bits
	device  device
	symbol  func(string) (uint32, bool) // the numbers that names stand for
	parts   []value
}

type kind int

const (
	unknown kind = iota
	absent       // the packet has no such thing: the rule does not match, whatever it asks for
	anAddress
	aNumber
	aDevice
	several
)

func number(b bits, symbol func(string) (uint32, bool)) value {
	return value{kind: aNumber, bits: b, symbol: symbol}
}

// compare says whether v stands in the relation op to the literal.
func (x *crossing) compare(v value, op string, l literal) truth {
	switch op {
	case "==":
		return x.equal(v, l)
	case "!=":
		return x.equal(v, l).not(true)
	case "in", "!": // some bit of it, none of it
		if l.set != nil || v.kind != aNumber {
			return x.equal(v, l).not(op == "!")
		}
		if mask, ok := v.mask(l); ok {
			return v.bits.anyOf(mask).not(op == "!")
		}
		return maybe
	}
	n, ok := v.mask(l)
	if v.kind != aNumber || !ok {
		return maybe
	}
	switch op {
	case "<":
		return v.bits.between(n, every).not(true)
	case ">":
		return v.bits.between(0, n).not(true)
	case "<=":
		return v.bits.between(0, n)
	case ">=":
		return v.bits.between(n, every)
	}
	return maybe
}

// equal says whether v is what the literal says.
func (x *crossing) equal(v value, l literal) truth {
	switch {
	case l.any:
		return yes
	case l.set != nil:
		t := no
		for _, e := range l.set.elements {
			if !x.spend(1) {
				return maybe
			}
			if t = max(t, x.equal(v, e.key)); t == yes {
				break
			}
		}
		return t
	case v.kind == several:
		if len(v.parts) != len(l.parts) {
			return maybe
		}
		t := yes
		for i := range v.parts {
			t = min(t, x.equal(v.parts[i], l.parts[i]))
		}
		return t
	case v.kind == anAddress && l.from.IsValid():
		return within(v.address, l.from, l.to)
	case v.kind == aDevice && (l.text != "" || l.wild):
		return v.device.is(l.text, l.wild)
	case v.kind == aNumber && l.isNumber:
		return v.bits.between(l.low, l.high)
	case v.kind == aNumber:
		if n, ok := v.mask(l); ok {
			return v.bits.masked(n, every)
		}
	}
	return maybe
}

// mask is the number that the literal stands for.
func (v value) mask(l literal) (uint32, bool) {
	names := l.flags
	switch {
	case l.isNumber:
		return l.low, l.low == l.high
	case l.wild, v.symbol == nil:
		return 0, false
	case l.text != "":
		names = []string{l.text}
	}
	set := uint32(0)
	for _, name := range names {
		bit, ok := v.symbol(name)
		if !ok {
			return 0, false
		}
		set |= bit
	}
	return set, len(names) > 0
}
