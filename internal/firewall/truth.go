package firewall

// truth is whether a match holds. Of two, the lesser is their conjunction and the greater their disjunction.
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

// not turns t round, if turn.
func (t truth) not(turn bool) truth {
	if turn {
		return yes - t
	}
	return t
}

// bits is a number of which some bits may not be known. value has no bit outside of known.
type bits struct{ value, known uint32 }

const every = ^uint32(0)

func exactly(n uint32) bits { return bits{n, every} }

// oneOf is a number with one bit set, which is one of those of set.
func oneOf(set uint32) bits {
	if set&(set-1) == 0 {
		return exactly(set)
	}
	return bits{0, ^set}
}

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

// masked says whether b under the mask is value.
func (b bits) masked(value, mask uint32) truth {
	switch {
	case value&^mask != 0, (b.value^value)&mask&b.known != 0:
		return no
	case mask&^b.known != 0:
		return maybe
	}
	return yes
}

// anyOf says whether b has a bit of mask.
func (b bits) anyOf(mask uint32) truth {
	switch {
	case b.value&mask != 0:
		return yes
	case mask&^b.known != 0:
		return maybe
	}
	return no
}

// between says whether b is in the range, both ends in it.
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
