package firewall

import (
	"fmt"
	"slices"
)

// ending is one way in which a base chain may end for the packet.
type ending struct {
	flow   flow
	does   does  // accept, drop, reject or unclear
	rule   *Rule // nil: an accepting policy, or none of the rules
	at     *place
	reason string
}

// place is a chain with those that led to it.
type place struct {
	chain *chain
	from  *place
	depth int
}

func (p *place) path() []string {
	var path []string
	for ; p != nil; p = p.from {
		path = append(path, p.chain.label())
	}
	slices.Reverse(path)
	return path
}

// base is the base chain that it began with.
func (p *place) base() *chain {
	for p.from != nil {
		p = p.from
	}
	return p.chain
}

// walker sends a packet through the chains of one hook and notes how it may end.
type walker struct {
	*crossing
	ends    []ending
	stopped bool
}

// base sends the packet through a base chain.
func (w *walker) base(c *chain, f flow) []ending {
	at := &place{chain: c}
	w.ends = nil
	out := w.chain(at, f)
	if !w.spend(0) {
		w.stop(ending{flow: f, at: at, reason: "there are too many rules to follow"})
		return w.ends
	}
	if out.any() {
		end := ending{flow: out.flow, at: at}
		switch c.policy {
		case Accept:
		case Drop:
			end.does, end.rule = drop, c.policyRule()
		default:
			end.does, end.rule, end.reason = unclear, c.policyRule(), fmt.Sprintf("the policy %q", c.policy)
		}
		w.ends = append(w.ends, end)
	}
	return w.ends
}

// chain sends f through the chain and returns it as it leaves it at the end or by a return.
func (w *walker) chain(at *place, f flow) flows {
	live, returned := flows{f, 1}, flows{}
	if at.depth > maxDepth {
		w.stop(ending{flow: f, at: at, reason: "chains jump to each other without an end"})
		return flows{}
	}
	for _, r := range at.chain.rules {
		if !live.any() {
			break
		}
		if !w.spend(1) {
			w.stop(ending{flow: live.flow, at: at, reason: "there are too many rules to follow"})
			return flows{}
		}
		before, ends, returns := live.doubt, len(w.ends), returned.ways
		live = w.rule(at, r, live.flow, &returned)
		// a rule that sent the packet nowhere but on leaves no doubt about where it is
		if len(w.ends) == ends && returned.ways == returns {
			live.doubt = before
		}
	}
	live.addAll(returned)
	return live
}

// rule sends f through the rule and returns what goes on to the next. What returns is added to returned.
func (w *walker) rule(at *place, r *rule, f flow, returned *flows) flows {
	next := flows{}
	question := func(t truth, text string) {
		if t == maybe && f.doubt == nil {
			f.doubt = &doubt{r, at, text}
		}
	}
	for _, s := range r.steps {
		w.spend(1 + len(s.text)/32) // long ones are long to evaluate
		switch {
		case s.match != nil:
			t := s.match(w.crossing, &f)
			question(t, s.text)
			if t != yes {
				next.add(f)
			}
			if t == no {
				return next
			}
		case s.change != nil:
			s.change(w.crossing, &f)
		default:
			key := value{}
			if s.key != nil {
				key = s.key(w.crossing, &f)
			}
			for _, c := range s.cases {
				t := yes
				if !w.spend(1) || key.kind == absent {
					break
				}
				if s.key != nil {
					t = w.equal(key, c.key)
				}
				question(t, s.text)
				if t != no {
					w.verdict(at, r, c.verdict, f, &next, returned)
				}
				if t == yes {
					return next
				}
			}
			next.add(f)
			return next
		}
	}
	next.add(f)
	return next
}

func (w *walker) verdict(at *place, r *rule, v verdict, f flow, next, returned *flows) {
	switch v.does {
	case proceed:
		next.add(f)
	case back:
		returned.add(f)
	case jump:
		next.addAll(w.chain(&place{v.chain, at, at.depth + 1}, f))
	case goTo:
		returned.addAll(w.chain(&place{v.chain, at, at.depth + 1}, f))
	case unclear:
		w.stop(ending{flow: f, rule: &r.Rule, at: at, reason: v.reason})
	default:
		w.ends = append(w.ends, ending{flow: f, does: v.does, rule: &r.Rule, at: at})
	}
}

// stop notes that it is not clear how the walk ends. There is no need to go on: whatever else may happen, the verdict is
// open.
func (w *walker) stop(e ending) {
	if e.does = unclear; !w.stopped {
		w.ends = append(w.ends, e)
	}
	w.stopped, *w.left = true, -1
}
