package firewall

import (
	"fmt"
	"strings"
)

// trial is what is known of the packet's fate so far.
type trial struct {
	rulesets []*Ruleset
	f        flow
	tracked  bool // connection tracking has seen the packet
	gone     bool // after the last chains the packet is certainly not there
	blocks   bool // some chain may have kept it
	unclear  bool // some chain may have done what we cannot tell
	accepted *ending
	last     *ending // the last that certainly kept it
	open     *ending // the first that is not certain
}

// unread notes a table that iptables-save did not print.
func (t *trial) unread(rs *Ruleset) {
	t.unclear = true
	if t.open == nil {
		t.open = &ending{does: unclear, reason: fmt.Sprintf("%s-save cannot print table %s", rs.backend, rs.unread[0])}
	}
}

// track lets connection tracking see the packet once the chains before it are done.
func (t *trial) track(hook string, order int) {
	if t.tracked || hook != "prerouting" && hook != "output" || order < conntrackPriority {
		return
	}
	if order == conntrackPriority { // before or after, nobody can tell
		t.f.state = t.f.state.become(stateInvalid, stateInvalid|stateNew)
		return
	}
	t.tracked = true
	t.f.state = t.f.state.become(stateInvalid, stateNew)
}

// cross sends the packet through base chains of one order. Which of several comes first is not known. It matters only to
// what they change on the packet: that is taken as open for all of them.
func (t *trial) cross(x *crossing, chains []*chain) {
	for {
		var each [][]ending
		out := flows{}
		if len(chains) > 1 {
			out.add(t.f)
		}
		for _, c := range chains {
			ends := t.ends(x, c, t.f)
			for _, e := range ends {
				if e.does == accept {
					out.add(e.flow)
				}
			}
			each = append(each, ends)
		}
		out.doubt = nil
		settled := len(chains) == 1 || out.flow == t.f
		if out.any() {
			t.f = out.flow
		}
		if settled {
			for _, ends := range each {
				t.note(ends)
			}
			return
		}
	}
}

// note takes up the ways in which a chain may end. Where all are alike there is no doubt left.
func (t *trial) note(ends []ending) {
	var accepts, blocks, open *ending
	unclears := false
	for i := range ends {
		e := &ends[i]
		switch e.does {
		case accept:
			accepts = e
			if e.rule != nil && e.at.base().kind != "nat" { // NAT only rewrites
				t.accepted = e
			}
		case drop, reject:
			blocks = e
		default:
			unclears = true
		}
		if open == nil && (e.does == unclear || e.flow.doubt != nil) {
			open = e
		}
	}
	if t.open == nil && (unclears || accepts != nil && blocks != nil) {
		t.open = open
	}
	t.blocks, t.unclear = t.blocks || blocks != nil, t.unclear || unclears
	if accepts == nil {
		t.gone = true
		if t.last == nil {
			t.last = blocks
		}
	}
}

// verdict is what the chains crossed make of the packet.
func (t *trial) verdict() Verdict {
	switch {
	case t.gone && !t.unclear:
		v := t.last.verdict(Drop, t.rulesets)
		if t.last.does == reject {
			v.Action = Reject
		}
		return v
	case !t.gone && !t.unclear && !t.blocks:
		if t.accepted == nil {
			return Verdict{Action: Accept}
		}
		return t.accepted.verdict(Accept, t.rulesets)
	}
	if t.open == nil {
		return Verdict{Action: Undecided, Reason: "it is not known what left it open"}
	}
	return t.open.verdict(Undecided, t.rulesets)
}

func (e *ending) verdict(a Action, rulesets []*Ruleset) Verdict {
	v := Verdict{Action: a, Rule: e.rule, Path: e.at.path()}
	if a == Undecided {
		v.Reason = e.reason
		if d := e.flow.doubt; d != nil {
			v.Rule, v.Path, v.Reason = nil, d.at.path(), d.reason
			if d.rule != nil {
				v.Rule = &d.rule.Rule
			}
		}
	}
	v.Ufw = v.Rule != nil && (ufws(v.Rule.Chain) || v.Rule.Number == 0 && ufwOn(v.Rule, rulesets))
	if v.Rule != nil {
		v.Rule = new(*v.Rule) // the ruleset's own stays as it is
	}
	return v
}

// ufwOn says whether ufw rules the chain of which the rule is the policy: its chains are there, and those that hold the
// user's rules are only while it is on.
func ufwOn(r *Rule, rulesets []*Ruleset) bool {
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

// ends are the ways in which the chain may end for the packet, that it does not come there among them.
func (t *trial) ends(x *crossing, c *chain, f flow) []ending {
	sees, why := c.sees(family(x.ipv6()), x), "the interface is not known"
	if c.kind == "nat" { // which leaves untracked packets alone
		if tracked := f.state.in(stateUntracked).not(true); tracked < sees {
			sees, why = tracked, "whether the connection is tracked"
		}
	}
	if sees == no {
		return []ending{{flow: f, at: &place{chain: c}}}
	}
	w := walker{crossing: x}
	if sees == yes {
		return w.base(c, f)
	}
	passed := ending{flow: f, at: &place{chain: c}}
	f.doubt = &doubt{at: passed.at, reason: why}
	return append(w.base(c, f), passed)
}
