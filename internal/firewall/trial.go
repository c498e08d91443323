package firewall

import (
	"fmt"
	"strings"
)

// trial is the state of one evaluation: what is known so far of what happened to the packet.
type trial struct {
	rulesets     []*Ruleset
	f            flow
	tracked      bool // connection tracking has seen the packet
	blocked      bool // the chains so far certainly blocked the packet
	maybeBlocked bool // some chain may have blocked it
	unclear      bool // some chain may have done something unknown
	accepted     *outcome
	blocking     *outcome // the first that certainly blocked it
	uncertain    *outcome // the first that is not certain
}

// unread records a table that iptables-save did not print.
func (t *trial) unread(rs *Ruleset) {
	t.unclear = true
	if t.uncertain == nil {
		t.uncertain = &outcome{does: unclear, reason: fmt.Sprintf("%s-save cannot print table %s", rs.backend, rs.unread[0])}
	}
}

// track passes the packet through connection tracking, unless chains of a lower order come first.
func (t *trial) track(hook string, order int) {
	if t.tracked || hook != "prerouting" && hook != "output" || order < conntrackPriority {
		return
	}
	if order == conntrackPriority { // the chain may run before or after it
		t.f.state = t.f.state.replace(stateInvalid, stateInvalid|stateNew)
		return
	}
	t.tracked = true
	t.f.state = t.f.state.replace(stateInvalid, stateNew)
}

// cross sends the packet through base chains of the same order. In which order the kernel calls them is unknown, which
// matters only for what they change on the packet: for each of them, these changes may or may not have been made. So the
// chains are evaluated until the flow no longer changes.
func (t *trial) cross(x *crossing, chains []*chain) {
	for {
		var each [][]outcome
		out := flows{}
		if len(chains) > 1 {
			out.add(t.f)
		}
		for _, c := range chains {
			outcomes := t.outcomes(x, c, t.f)
			for _, o := range outcomes {
				if o.does == accept {
					out.add(o.flow)
				}
			}
			each = append(each, outcomes)
		}
		out.doubt = nil
		stable := len(chains) == 1 || out.flow == t.f
		if out.any() {
			t.f = out.flow
		}
		if stable {
			for _, outcomes := range each {
				t.note(outcomes)
			}
			return
		}
	}
}

// note records the possible outcomes of one chain. If they all agree, the doubts on the way do not matter.
func (t *trial) note(outcomes []outcome) {
	var accepts, blocks, uncertain *outcome
	anyUnclear := false
	for i := range outcomes {
		o := &outcomes[i]
		switch o.does {
		case accept:
			accepts = o
			if o.rule != nil && o.at.base().kind != "nat" { // NAT only rewrites
				t.accepted = o
			}
		case drop, reject:
			blocks = o
		default:
			anyUnclear = true
		}
		if uncertain == nil && (o.does == unclear || o.flow.doubt != nil) {
			uncertain = o
		}
	}
	if t.uncertain == nil && (anyUnclear || accepts != nil && blocks != nil) {
		t.uncertain = uncertain
	}
	t.maybeBlocked, t.unclear = t.maybeBlocked || blocks != nil, t.unclear || anyUnclear
	if accepts == nil {
		t.blocked = true
		if t.blocking == nil {
			t.blocking = blocks
		}
	}
}

// verdict returns the verdict of the chains crossed so far.
func (t *trial) verdict() Verdict {
	switch {
	case t.blocked && !t.unclear:
		v := t.blocking.verdict(Drop, t.rulesets)
		if t.blocking.does == reject {
			v.Action = Reject
		}
		return v
	case !t.blocked && !t.unclear && !t.maybeBlocked:
		if t.accepted == nil {
			return Verdict{Action: Accept}
		}
		return t.accepted.verdict(Accept, t.rulesets)
	}
	if t.uncertain == nil {
		return Verdict{Action: Unknown, Reason: "the rule with the unknown outcome could not be identified"}
	}
	return t.uncertain.verdict(Unknown, t.rulesets)
}

func (o *outcome) verdict(a Action, rulesets []*Ruleset) Verdict {
	v := Verdict{Action: a, Rule: o.rule, Path: o.at.path()}
	if a == Unknown {
		v.Reason, v.Redirects = o.reason, o.redirects
		if d := o.flow.doubt; d != nil {
			v.Rule, v.Path, v.Reason, v.Redirects = nil, d.at.path(), d.reason, false
			if d.rule != nil {
				v.Rule = &d.rule.Rule
			}
		}
	}
	v.Ufw = v.Rule != nil && (isUfwChain(v.Rule.Chain) || v.Rule.Number == 0 && ufwActive(v.Rule, rulesets))
	if v.Rule != nil {
		v.Rule = new(*v.Rule) // callers must not change the ruleset's
	}
	return v
}

// ufwActive reports whether ufw manages the chain whose policy the rule is: ufw's chains for the user's rules exist only
// while ufw is active.
func ufwActive(r *Rule, rulesets []*Ruleset) bool {
	prefix := "ufw-user-"
	if r.Family == "ip6" {
		prefix = "ufw6-user-"
	}
	user := chainName{r.Family, r.Table, prefix + strings.ToLower(r.Chain)}
	for _, rs := range rulesets {
		if rs != nil && rs.backend == r.Backend && rs.chains[user] != nil {
			return true
		}
	}
	return false
}

// outcomes returns the possible outcomes of the chain for the packet, among them that the chain is not called for it.
func (t *trial) outcomes(x *crossing, c *chain, f flow) []outcome {
	sees, reason := c.sees(family(x.ipv6()), x), "the interface is unknown"
	if c.kind == "nat" { // NAT ignores untracked packets
		if tracked := f.state.in(stateUntracked).negatedIf(true); tracked < sees {
			sees, reason = tracked, "whether the connection is tracked is unknown"
		}
	}
	if sees == no {
		return []outcome{{flow: f, at: &call{chain: c}}}
	}
	w := walker{crossing: x}
	if sees == yes {
		return w.base(c, f)
	}
	passed := outcome{flow: f, at: &call{chain: c}}
	f.doubt = &doubt{at: passed.at, reason: reason}
	return append(w.base(c, f), passed)
}
