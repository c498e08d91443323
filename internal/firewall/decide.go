package firewall

import (
	"cmp"
	"slices"
	"strings"
)

// Decide returns what the firewalls do with the packet on its way. It passes if every base chain of every ruleset at
// every hook of the way accepts it; the chains are walked in the kernel's order, and the first that certainly does not
// accept decides. A table of nft that one of the rulesets shows by iptables-save is judged once, by that.
func Decide(p Packet, way Hook, rulesets ...*Ruleset) Verdict {
	p.Protocol = strings.ToLower(p.Protocol)
	p.Source, p.Destination = p.Source.Unmap().WithZone(""), p.Destination.Unmap().WithZone("")
	if reason := p.unfit(way); reason != "" {
		return Verdict{Action: Undecided, Reason: reason}
	}
	left := maxSteps
	t := &trial{f: flow{mark: exactly(0), ctmark: exactly(0), state: stateInvalid}, rulesets: rulesets}
	if p.local() && way == Input { // it has been tracked on its way out
		t.f.state = stateInvalid | stateNew
	}
	own := family(is6(p.Source) || is6(p.Destination))
	for _, rs := range rulesets {
		if rs == nil {
			continue
		}
		if len(rs.unread) > 0 && family(strings.HasPrefix(rs.backend, "ip6")) == own && !slices.ContainsFunc(rulesets, nftables) {
			t.unread(rs)
		}
	}
	for _, hook := range hooks(way) {
		x := p.at(way, hook)
		x.left = &left
		chains := t.chains(own, hook, x)
		for len(chains) > 0 {
			n := 1
			for n < len(chains) && chains[n].order() == chains[0].order() {
				n++
			}
			t.track(hook, chains[0].order())
			if t.cross(x, chains[:n]); t.gone || t.unclear {
				return t.verdict()
			}
			chains = chains[n:]
		}
		t.track(hook, conntrackPriority+1)
	}
	return t.verdict()
}

// unfit says why nothing can be said of such a packet; empty where it can.
func (p Packet) unfit(way Hook) string {
	switch {
	case way != Input && way != Output && way != Forward:
		return "not a way through the node: " + string(way)
	case p.Protocol != "tcp" && p.Protocol != "udp":
		return "not a protocol that can be judged: " + p.Protocol
	case !p.Source.IsValid() && !p.Destination.IsValid():
		return "neither the source nor the destination is known"
	case p.Source.IsValid() && p.Destination.IsValid() && p.Source.Is4() != p.Destination.Is4():
		return "the source and the destination are of different families"
	}
	return ""
}

func nftables(rs *Ruleset) bool { return rs != nil && rs.backend == NFTables }

func family(six bool) string {
	if six {
		return "ip6"
	}
	return "ip"
}

// hooks are those that a packet crosses on its way, in order.
func hooks(way Hook) []string {
	switch way {
	case Input:
		return []string{"ingress", "prerouting", "input"}
	case Output:
		return []string{"output", "postrouting", "egress"}
	}
	return []string{"ingress", "prerouting", "forward", "postrouting", "egress"}
}

// conntrackPriority is the priority at which connection tracking hangs on prerouting and output.
const conntrackPriority = -200

// order is the place of the chain among those of its hook. Chains of NAT are called by the NAT of the kernel, wherever
// their own priority would put them.
func (c *chain) order() int {
	if c.kind != "nat" {
		return c.priority
	}
	if c.hook == "prerouting" || c.hook == "output" {
		return -100
	}
	return 100
}

// chains are the base chains of the family at a hook, in the kernel's order. Those that can only accept are left out.
func (t *trial) chains(family, hook string, x *crossing) []*chain {
	shown := map[chainName]bool{}
	for _, rs := range t.rulesets {
		if rs != nil && (rs.backend == IPTables || rs.backend == IP6Tables) {
			for _, c := range rs.bases {
				shown[c.chainName] = true
			}
		}
	}
	var all []*chain
	for _, rs := range t.rulesets {
		if rs == nil {
			continue
		}
		for _, c := range rs.bases {
			if c.hook == hook && c.decides() && c.sees(family, x) != no && (c.backend != NFTables || !shown[c.chainName]) {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *chain) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), cmp.Compare(a.priority, b.priority))
	})
	return all
}

// sees says whether packets of the family that cross so come to the base chain.
func (c *chain) sees(family string, x *crossing) truth {
	if c.family != family && c.family != "inet" && c.family != "netdev" {
		return no
	}
	if c.hook != "ingress" && c.hook != "egress" {
		return yes
	}
	side, t := x.in, no
	if c.hook == "egress" {
		side = x.out
	}
	for _, d := range c.devices {
		t = max(t, side.is(d, false))
	}
	if len(c.devices) == 0 {
		return maybe
	}
	return t
}
