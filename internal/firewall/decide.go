package firewall

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Decide evaluates the rulesets for the packet on its path; nil rulesets are ignored. The packet passes if every base
// chain of every ruleset at every hook of the path accepts it. The chains are traversed in the kernel's order, and the
// first that certainly blocks decides. A table that both iptables-save and nft list is evaluated once, as iptables-save
// lists it.
func Decide(p Packet, path Hook, rulesets ...*Ruleset) Verdict {
	p.Protocol = strings.ToLower(p.Protocol)
	p.Source, p.Destination = p.Source.Unmap().WithZone(""), p.Destination.Unmap().WithZone("")
	if reason := p.unsupported(path); reason != "" {
		return Verdict{Action: Unknown, Reason: reason}
	}
	left := maxSteps
	t := &trial{f: flow{mark: exactly(0), ctmark: exactly(0), state: stateInvalid}, rulesets: rulesets}
	if p.local() && path == Input { // it may already have been tracked on output
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
	for _, hook := range hooks(path) {
		x := p.at(path, hook)
		x.left = &left
		chains := t.chains(own, hook, x)
		for len(chains) > 0 {
			n := 1
			for n < len(chains) && chains[n].order() == chains[0].order() {
				n++
			}
			t.track(hook, chains[0].order())
			t.cross(x, chains[:n])
			if t.blocked || t.unclear {
				return t.verdict()
			}
			chains = chains[n:]
		}
		t.track(hook, conntrackPriority+1)
	}
	return t.verdict()
}

// unsupported returns why such a packet cannot be evaluated; empty if it can.
func (p Packet) unsupported(path Hook) string {
	switch {
	case path != Input && path != Output && path != Forward:
		return fmt.Sprintf("unsupported path through the node %q", path)
	case p.Protocol != "tcp" && p.Protocol != "udp":
		return fmt.Sprintf("unsupported protocol %q", p.Protocol)
	case !p.Source.IsValid() && !p.Destination.IsValid():
		return "neither the source nor the destination address is known"
	case p.Source.IsValid() && p.Destination.IsValid() && p.Source.Is4() != p.Destination.Is4():
		return "the source and destination addresses are of different families"
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

// hooks returns the hooks that a packet crosses on the path, in order.
func hooks(path Hook) []string {
	switch path {
	case Input:
		return []string{"ingress", "prerouting", "input"}
	case Output:
		return []string{"output", "postrouting", "egress"}
	}
	return []string{"ingress", "prerouting", "forward", "postrouting", "egress"}
}

// conntrackPriority is the priority of connection tracking at the hooks prerouting and output.
const conntrackPriority = -200

// order returns the priority by which the chain is called at its hook. Chains of type nat are called by the kernel's NAT
// at its own priority, whatever theirs is.
func (c *chain) order() int {
	if c.kind != "nat" {
		return c.priority
	}
	if c.hook == "prerouting" || c.hook == "output" {
		return -100
	}
	return 100
}

// chains returns the base chains of the family at a hook, in the kernel's order, without those that can only accept.
func (t *trial) chains(family, hook string, x *crossing) []*chain {
	listed := map[chainName]bool{} // by iptables-save
	for _, rs := range t.rulesets {
		if rs != nil && (rs.backend == IPTables || rs.backend == IP6Tables) {
			for _, c := range rs.bases {
				listed[c.chainName] = true
			}
		}
	}
	var all []*chain
	for _, rs := range t.rulesets {
		if rs == nil {
			continue
		}
		for _, c := range rs.bases {
			if c.hook == hook && c.decides() && c.sees(family, x) != no && (c.backend != NFTables || !listed[c.chainName]) {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *chain) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), cmp.Compare(a.priority, b.priority))
	})
	return all
}

// sees reports whether the base chain is called for packets of the family with this crossing's interfaces.
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
