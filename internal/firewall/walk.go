package firewall

import (
	"fmt"
	"slices"
)

// outcome is one possible result of a base chain for the packet.
type outcome struct {
	flow   flow
	does   does  // accept, drop, reject or unclear
	rule   *Rule // nil: an accepting policy, or not caused by a rule
	at     *call
	reason string // of unclear: why
	// redirects reports whether an unclear one is a rule that sends the packet to another destination.
	redirects bool
}

// call is a chain that is being traversed, with the chains that jumped to it.
type call struct {
	chain  *chain
	caller *call // nil for a base chain
	depth  int
}

func (c *call) path() []string {
	var path []string
	for ; c != nil; c = c.caller {
		path = append(path, c.chain.label())
	}
	slices.Reverse(path)
	return path
}

// base returns the base chain at the start of the calls.
func (c *call) base() *chain {
	for c.caller != nil {
		c = c.caller
	}
	return c.chain
}

// walker sends a packet through the chains of one hook and collects the possible outcomes.
type walker struct {
	*crossing
	outcomes []outcome
	stopped  bool
}

// base sends the packet through a base chain and returns the possible outcomes.
func (w *walker) base(c *chain, f flow) []outcome {
	at := &call{chain: c}
	w.outcomes = nil
	out := w.chain(at, f)
	if !w.spend(0) {
		w.stop(outcome{flow: f, at: at, reason: tooManyRules})
		return w.outcomes
	}
	if out.any() {
		end := outcome{flow: out.flow, at: at}
		switch c.policy {
		case Accept:
		case Drop:
			end.does, end.rule = drop, c.policyRule()
		default:
			end.does, end.rule, end.reason = unclear, c.policyRule(), fmt.Sprintf("unknown policy %q", c.policy)
		}
		w.outcomes = append(w.outcomes, end)
	}
	return w.outcomes
}

// tooManyRules is the reason of a verdict that takes more than maxSteps.
const tooManyRules = "too many rules to evaluate"

// chain sends f through the chain and returns the flow that leaves it at its end or by a return.
func (w *walker) chain(at *call, f flow) flows {
	live, returned := flows{f, 1}, flows{}
	if at.depth > maxDepth {
		w.stop(outcome{flow: f, at: at, reason: "chains jump to each other in a loop"})
		return flows{}
	}
	for _, r := range at.chain.rules {
		if !live.any() {
			break
		}
		if !w.spend(1) {
			w.stop(outcome{flow: live.flow, at: at, reason: tooManyRules})
			return flows{}
		}
		before, outcomes, returns := live.doubt, len(w.outcomes), returned.count
		live = w.rule(at, r, live.flow, &returned)
		// a rule after which the packet can only continue leaves no doubt about where it is
		if len(w.outcomes) == outcomes && returned.count == returns {
			live.doubt = before
		}
	}
	live.addAll(returned)
	return live
}

// rule sends f through the rule and returns the flow that continues with the next one. The flow that leaves the chain by a
// return is added to returned.
func (w *walker) rule(at *call, r *rule, f flow, returned *flows) flows {
	next := flows{}
	noteDoubt := func(t truth, text string) {
		if t == maybe && f.doubt == nil {
			f.doubt = &doubt{r, at, text}
		}
	}
	for _, s := range r.steps {
		w.spend(1 + len(s.text)/32) // long matches take longer to evaluate
		switch {
		case s.match != nil:
			t := s.match(w.crossing, &f)
			noteDoubt(t, s.text)
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
				noteDoubt(t, s.text)
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

// verdict applies a rule's verdict to f: it adds to next, to returned or to the outcomes.
func (w *walker) verdict(at *call, r *rule, v verdict, f flow, next, returned *flows) {
	switch v.does {
	case proceed:
		next.add(f)
	case back:
		returned.add(f)
	case jump:
		next.addAll(w.chain(&call{v.chain, at, at.depth + 1}, f))
	case goTo:
		returned.addAll(w.chain(&call{v.chain, at, at.depth + 1}, f))
	case unclear:
		w.stop(outcome{flow: f, rule: &r.Rule, at: at, reason: v.reason, redirects: v.redirects})
	default:
		w.outcomes = append(w.outcomes, outcome{flow: f, does: v.does, rule: &r.Rule, at: at})
	}
}

// stop records that the outcome is unclear and ends the evaluation: whatever else may happen, the verdict is Unknown.
func (w *walker) stop(o outcome) {
	o.does = unclear
	if !w.stopped {
		w.outcomes = append(w.outcomes, o)
	}
	w.stopped, *w.left = true, -1
}
