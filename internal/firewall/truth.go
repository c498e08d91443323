package firewall

// truth is the result of a match in three-valued logic: min is "and", max is "or".
type truth int8

const (
	no truth = iota
	maybe
	yes
)

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// negatedIf returns the negation of t if negate is set, else t.
func (t truth) negatedIf(negate bool) truth {
	if negate {
		return yes - t
	}
	return t
}

// bits is a number of which some bits may be unknown: those not set in known, which are 0 in value.
type bits struct{ value, known uint32 }

const allBits = ^uint32(0)

func exactly(n uint32) bits { return bits{n, allBits} }

// oneOf returns a number with exactly one bit set: one of those in set.
func oneOf(set uint32) bits {
	if set&(set-1) == 0 {
		return exactly(set)
	}
	return bits{0, ^set}
}

// join returns the number that may be b or o: what they have in common stays known.
func (b bits) join(o bits) bits {
	known := b.known & o.known &^ (b.value ^ o.value)
	return bits{b.value & known, known}
}

func (b bits) and(o bits) bits {
	known := b.known&o.known | b.known&^b.value | o.known&^o.value
	return bits{b.value & o.value & known, known}
}

func (b bits) or(o bits) bits {
	return bits{b.value | o.value, b.known&o.known | b.value | o.value}
}

func (b bits) xor(o bits) bits {
	known := b.known & o.known
	return bits{(b.value ^ o.value) & known, known}
}

// masked reports whether b&mask equals value.
func (b bits) masked(value, mask uint32) truth {
	switch {
	case value&^mask != 0, (b.value^value)&mask&b.known != 0:
		return no
	case mask&^b.known != 0:
		return maybe
	}
	return yes
}

// anyOf reports whether b has any bit of mask.
func (b bits) anyOf(mask uint32) truth {
	switch {
	case b.value&mask != 0:
		return yes
	case mask&^b.known != 0:
		return maybe
	}
	return no
}

// between reports whether low <= b <= high.
func (b bits) between(low, high uint32) truth {
	least, most := b.value, b.value|^b.known
	switch {
	case most < low || least > high:
		return no
	case least >= low && most <= high:
		return yes
	}
	return maybe
}
