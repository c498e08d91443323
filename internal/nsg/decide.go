package nsg

// Decide evaluates the groups for the packet. They are passed in the order in which Azure applies them: inbound that of the subnet, then
// that of the NIC; outbound that of the NIC, then that of the subnet. All must allow the packet; without any group it is allowed.
//
// Its verdict is exact: it is Unknown only if the packet would be allowed under some assumption about what is not known and denied
// under another, or if the groups are too large to evaluate all of them. Assumptions about different addresses are independent. For
// example, of two addresses in Sets.Possible one may belong to the tag VirtualNetwork without the other.
func Decide(p Packet, d Direction, sets Sets, groups ...Group) Verdict {
	p = p.normal()
	if reason := p.unsupported(d); reason != "" {
		return Verdict{Action: Unknown, Reason: reason}
	}
	left := maxSteps
	s := &search{world: world{sets: &sets, assumed: map[string]bool{}, left: &left}}
	usual, exempt := plans(groups, d, false), []*plan(nil)
	s.plans = usual
	for q := range s.cases(p) {
		s.spend(1)
		s.packet, s.plans = q, usual
		if q.exempt(d) {
			if exempt == nil {
				exempt = plans(groups, d, true)
			}
			s.plans = exempt
		}
		if s.from(0); s.done() {
			break
		}
	}
	s.packet = p
	return s.verdict()
}

func plans(groups []Group, d Direction, exempt bool) (all []*plan) {
	for i := range groups {
		all = append(all, newPlan(&groups[i], i, d, exempt))
	}
	return all
}

// verdict returns the verdict on the packet from its possible fates.
func (s *search) verdict() Verdict {
	f := s.fates[0]
	if len(s.fates) == 1 {
		v := Verdict{Action: f.action, Reason: f.reason}
		for i, p := range f.plans {
			v.Platform = p.exempt
			v.Group, v.Rule = p.group.ID, nil
			if f.indices[i] < len(p.steps) {
				v.Rule = p.steps[f.indices[i]].Rule
			}
		}
		if v.Rule == nil {
			v.Group = ""
		}
		return v
	}
	return s.conflict(f, s.fates[1])
}

// conflict returns the verdict Unknown on a packet with two possible fates. The first step that matches in only one of them is why.
func (s *search) conflict(a, b trace) Verdict {
	v := Verdict{Action: Unknown}
	for i := range min(len(a.plans), len(b.plans)) {
		p, index := a.plans[i], min(a.indices[i], b.indices[i])
		if p != b.plans[i] { // only one of them is that of an exempt packet
			return s.conflictOfPorts(a, b)
		}
		last := i+1 == min(len(a.plans), len(b.plans))
		if index == len(p.steps) || a.indices[i] == b.indices[i] && !last {
			continue
		}
		step := p.steps[index]
		v.Group, v.Rule = p.group.ID, step.Rule
		_, sure := step.action(&s.world)
		v.Reason = step.match(&s.world).and(sure).doubt.reason
		break
	}
	return v
}

// conflictOfPorts returns the verdict on a packet that is exempt with one destination port and denied with another.
func (s *search) conflictOfPorts(a, b trace) Verdict {
	if b.action == Deny {
		a = b
	}
	last := len(a.plans) - 1
	p := a.plans[last]
	v := Verdict{Action: Unknown, Reason: "the destination port is not known"}
	if index := a.indices[last]; index < len(p.steps) {
		v.Group, v.Rule = p.group.ID, p.steps[index].Rule
	}
	return v
}
