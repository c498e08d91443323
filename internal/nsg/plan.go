package nsg

import (
	"cmp"
	"fmt"
	"slices"
)

// plan is the rules of a group in the order in which Azure evaluates them.
type plan struct {
	group *Group
	steps []step
	// exempt reports whether the plan is for packets to which groups do not apply: those that no step matches pass.
	exempt bool
}

// step is one rule of a plan. If there is a doubt, the step counts only if it is true. A rule whose place in the order is not known has
// several steps.
type step struct {
	*rule
	doubt *doubt
}

// match reports whether the step counts and its rule matches.
func (s step) match(w *world) answer {
	w.spend(s.size)
	t := s.rule.match(w)
	if s.doubt != nil && t.truth != no {
		t = t.and(w.ask(s.doubt.key, s.doubt.reason))
	}
	return t
}

// newPlan returns the plan of a group for packets of the direction. number distinguishes the groups.
func newPlan(g *Group, number int, d Direction, exempt bool) *plan {
	all := make([]*rule, 0, len(g.Rules)+3)
	for i := range g.Rules {
		if r := readRule(&g.Rules[i], d, fmt.Sprint(number, ".", i)); r.direction != no {
			all = append(all, r)
		}
	}
	for i, r := range Defaults(d) {
		if !slices.ContainsFunc(all, func(have *rule) bool { return have.direction == yes && have.Priority == r.Priority }) {
			all = append(all, readRule(&r, d, fmt.Sprint(number, ".default ", i)))
		}
	}
	if exempt {
		platform := all[:0]
		for _, r := range all {
			if only, ok := r.platform(); ok {
				platform = append(platform, only)
			}
		}
		all = platform
	}
	return &plan{g, order(all), exempt}
}

// validPriority reports whether Azure accepts the priority. Those of its own rules are at least 65000.
func validPriority(n int) bool { return n >= 100 && n <= 4096 || n >= 65000 && n <= 65535 }

// order returns the steps in the order of the priorities. A rule with an invalid priority may come first or last: that has the same
// outcomes as any place in between. Of rules with the same priority, each may come first.
func order(all []*rule) (steps []step) {
	slices.SortStableFunc(all, func(a, b *rule) int { return cmp.Compare(rank(a), rank(b)) })
	var last []step
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Priority == all[0].Priority && validPriority(all[0].Priority) {
			n++
		}
		same := all[:n]
		all = all[n:]
		if !validPriority(same[0].Priority) {
			reason := fmt.Sprintf("the priority %d is not valid", same[0].Priority)
			steps = append(steps, step{same[0], &doubt{same[0].key + " order", reason}})
			last = append(last, step{rule: same[0]})
			continue
		}
		for _, r := range same[:n-1] {
			reason := fmt.Sprintf("which of the rules with priority %d comes first is not known", r.Priority)
			steps = append(steps, step{r, &doubt{r.key + " order", reason}})
		}
		for _, r := range slices.Backward(same) {
			steps = append(steps, step{rule: r})
		}
	}
	return append(steps, last...)
}

// rank returns the priority, or 0 if it is not valid.
func rank(r *rule) int {
	if validPriority(r.Priority) {
		return r.Priority
	}
	return 0
}
