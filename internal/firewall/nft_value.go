package firewall

import "net/netip"

// value is the value of a field for a packet. The zero value is unknown.
type value struct {
	kind    kind
	address netip.Addr
	bits    bits
	device  device
	symbol  func(string) (uint32, bool) // returns the number of a symbolic constant; nil: there are none
	parts   []value
}

type kind int

const (
	unknown kind = iota
	absent       // the packet has no such field: a rule never matches on it
	anAddress
	aNumber
	aDevice
	several
)

func number(b bits, symbol func(string) (uint32, bool)) value {
	return value{kind: aNumber, bits: b, symbol: symbol}
}

// compare reports whether "v op l" holds.
func (x *crossing) compare(v value, op string, l literal) truth {
	switch op {
	case "==":
		return x.equal(v, l)
	case "!=":
		return x.equal(v, l).negatedIf(true)
	case "in", "!": // any of the bits, none of the bits
		if l.set != nil || v.kind != aNumber {
			return x.equal(v, l).negatedIf(op == "!")
		}
		if mask, ok := v.mask(l); ok {
			return v.bits.anyOf(mask).negatedIf(op == "!")
		}
		return maybe
	}
	n, ok := v.mask(l)
	if v.kind != aNumber || !ok {
		return maybe
	}
	switch op {
	case "<":
		return v.bits.between(n, allBits).negatedIf(true)
	case ">":
		return v.bits.between(0, n).negatedIf(true)
	case "<=":
		return v.bits.between(0, n)
	case ">=":
		return v.bits.between(n, allBits)
	}
	return maybe
}

// equal reports whether v equals the literal, or is in its range or set.
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
			t = max(t, x.equal(v, e.key))
			if t == yes {
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
	case v.kind == aDevice && (l.text != "" || l.prefix):
		return v.device.is(l.text, l.prefix)
	case v.kind == aNumber && l.isNumber:
		return v.bits.between(l.low, l.high)
	case v.kind == aNumber:
		if n, ok := v.mask(l); ok {
			return v.bits.masked(n, allBits)
		}
	}
	return maybe
}

// mask returns the number that the literal stands for; false if it stands for none.
func (v value) mask(l literal) (uint32, bool) {
	names := l.flags
	switch {
	case l.isNumber:
		return l.low, l.low == l.high
	case l.prefix, v.symbol == nil:
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
