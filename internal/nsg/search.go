package nsg

// maxSteps bounds the work for one verdict: about a second.
const maxSteps = 1 << 20

// trace is one possible fate of a packet: for each group up to the deciding one, the step that matches. For an exempt packet that no
// step matches, the index is the number of steps.
type trace struct {
	action  Action
	plans   []*plan
	indices []int
	reason  string // for Unknown
}

// search follows a packet through the plans of all groups and finds out whether its fate depends on something unknown.
type search struct {
	world
	plans []*plan
	path  []int // the indices in the groups passed
	// fates holds one possible fate, or two that differ.
	fates []trace
}

// done reports whether the search can end: its verdict is known.
func (s *search) done() bool {
	return len(s.fates) > 1 || len(s.fates) == 1 && s.fates[0].action == Unknown
}

// end records that the packet may have the fate, which the step with the index in the next group decides.
func (s *search) end(a Action, index int, reason string) {
	if len(s.fates) == 1 && s.fates[0].action == a {
		return
	}
	n := min(len(s.path)+1, len(s.plans))
	indices := append(append([]int(nil), s.path...), index)[:n]
	s.fates = append(s.fates, trace{a, s.plans[:n], indices, reason})
}

// tooManyRules is the reason of a verdict that takes more than maxSteps.
const tooManyRules = "too many rules may or may not match"

// from follows the packet from the step with the index in the next group. For each thing that is not known and matters, it follows both
// possibilities, first the one in which rules do not match.
func (s *search) from(index int) {
	for !s.done() {
		if len(s.path) == len(s.plans) {
			s.end(Allow, 0, "")
			return
		}
		p := s.plans[len(s.path)]
		i, action, open := s.next(p, index)
		if *s.left < 0 {
			s.fates = []trace{{action: Unknown, reason: tooManyRules}}
			return
		}
		if open != nil {
			s.fork(*open, index)
			return
		}
		switch action {
		case Allow:
			s.path = append(s.path, i)
			defer func(n int) { s.path = s.path[:n] }(len(s.path) - 1)
			index = 0
		case Deny:
			s.end(Deny, i, "")
			return
		default:
			s.end(Unknown, i, "no rule matches")
			return
		}
	}
}

// fork follows the packet under both assumptions.
func (s *search) fork(d doubt, index int) {
	for _, assume := range []bool{false, true} {
		s.assumed[d.key] = assume
		s.from(index)
	}
	delete(s.assumed, d.key)
}

// next returns the step of the plan that decides, from the index on, and its action. If the action depends on something unknown, open is
// the first such thing. Steps that may match do not matter if all of them and the first that certainly matches have the same action.
func (s *search) next(p *plan, index int) (i int, action Action, open *doubt) {
	found := Action("")
	for i := index; i < len(p.steps) && *s.left >= 0; i++ {
		matches := p.steps[i].match(&s.world)
		if matches.truth == no {
			continue
		}
		act, sure := p.steps[i].action(&s.world)
		matches = matches.and(sure)
		if matches.truth == maybe && open == nil {
			open = &matches.doubt
		}
		if act == Unknown || found != "" && found != act {
			return i, Unknown, open
		}
		found = act
		if matches.truth == yes {
			return i, act, nil
		}
	}
	end := Unknown
	if p.exempt {
		end = Allow
	}
	if found == "" || found == end {
		return len(p.steps), end, nil
	}
	return len(p.steps), Unknown, open
}
