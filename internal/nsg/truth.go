package nsg

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

// doubt is something that is not known: whether a statement is true. Doubts with different keys are independent.
type doubt struct {
	key    string // empty: it is not a statement, but the packet's unknown address or port
	reason string
}

// answer is a truth and, if it is maybe, one of the doubts that it depends on.
type answer struct {
	truth
	doubt doubt
}

var (
	certain    = answer{truth: yes}
	impossible = answer{truth: no}
)

func known(b bool) answer { return answer{truth: is(b)} }

func (a answer) and(b answer) answer {
	switch {
	case a.truth == no || b.truth == yes:
		return a
	case b.truth == no || a.truth == yes:
		return b
	}
	return a
}

func (a answer) or(b answer) answer {
	switch {
	case a.truth == yes || b.truth == no:
		return a
	case b.truth == yes || a.truth == no:
		return b
	}
	return a
}

func (a answer) not() answer { return answer{yes - a.truth, a.doubt} }
