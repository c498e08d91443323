package loadbalancer

import (
	"fmt"
	"strings"
)

// flow identifies a TCP flow.
const flow = "ip saddr . tcp sport . ip daddr . tcp dport"

// opening matches a packet that opens a TCP connection; negated, a packet of an established one.
const opening = "tcp flags & (fin|syn|rst|ack) "

// ruleset returns the nftables rules of the frontends, for nft -f. A packet leaves with the mark of its node (see
// route). The table persists, and with it the node of each TCP connection, so that a change does not move established
// ones. healthy returns the marks of the nodes that get new flows. within matches the addresses of frontends.
func ruleset(within string, frontends []Frontend, healthy func(Frontend, Rule) []int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `table ip loadbalancer {
	map flows {
		type ipv4_addr . inet_service . ipv4_addr . inet_service : mark
		size 65535
		flags dynamic,timeout
		timeout 4m
	}
	chain prerouting {
		type filter hook prerouting priority mangle
	}
}
flush chain ip loadbalancer prerouting
table ip loadbalancer {
	chain prerouting {
		ip daddr != %[1]s accept
		ip ttl < 63 drop comment "a node sent it back: it knows no such Service"
		%[2]s != syn meta mark set %[3]s map @flows
		meta mark != 0 update @flows { %[3]s : meta mark } accept
		%[2]s != syn drop
`, within, opening, flow)
	for _, f := range frontends {
		for _, r := range f.Rules {
			f.write(&b, r, healthy(f, r))
		}
	}
	b.WriteString("\t\tdrop\n\t}\n}\n")
	return b.String()
}

func (f Frontend) write(b *strings.Builder, r Rule, marks []int) {
	match := fmt.Sprintf("\t\tip daddr %s %s dport %d", f.Addr, r.Protocol, r.Port)
	if r.Port == 0 { // all ports
		match = fmt.Sprintf("\t\tip daddr %s meta l4proto %s", f.Addr, r.Protocol)
	}
	if len(f.Sources) > 0 {
		var sources []string
		for _, s := range f.Sources {
			sources = append(sources, s.String())
		}
		fmt.Fprintf(b, "%s ip saddr != { %s } drop\n", match, strings.Join(sources, ", "))
	}
	if len(marks) == 0 {
		return
	}
	mark := fmt.Sprint(marks[0])
	if len(marks) > 1 {
		key := fmt.Sprintf("ip saddr . %[1]s sport . ip daddr . %[1]s dport", r.Protocol)
		if f.Sticky {
			key = "ip saddr"
		}
		var nodes []string
		for i, m := range marks {
			nodes = append(nodes, fmt.Sprintf("%d : %d", i, m))
		}
		mark = fmt.Sprintf("jhash %s mod %d map { %s }", key, len(marks), strings.Join(nodes, ", "))
	}
	remember := ""
	if r.Protocol == "tcp" {
		remember = fmt.Sprintf(" update @flows { %s : meta mark }", flow)
	}
	fmt.Fprintf(b, "%s meta mark set %s%s accept\n", match, mark, remember)
}
