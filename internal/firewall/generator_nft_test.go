package firewall

import (
	"fmt"
	"strings"
)

// nftables generates input for nft -f.
func (g *generator) nftables() string {
	var b strings.Builder
	for t := range 1 + g.IntN(2) {
		ip, family := "ip", "inet"
		if g.six {
			ip = "ip6"
		}
		if g.one(2) {
			family = ip
		}
		fmt.Fprintf(&b, "table %s t%d {\n", family, t)
		host, net := "10.1.0.2", "10.1.0.0/24"
		if g.six {
			host, net = "fd01::2", "fd01::/64"
		}
		fmt.Fprintf(
			&b, "set ports { type inet_service; flags interval; elements = { %s } }\n",
			g.pick("10250", "80, 443", "10000-11000", "80, 10000-11000"),
		)
		kind := map[bool]string{false: "ipv4_addr", true: "ipv6_addr"}[g.six]
		fmt.Fprintf(&b, "set hosts { type %s; flags interval; elements = { %s } }\n", kind, g.pick(host, net))
		users := g.IntN(4)
		for i := users - 1; i >= 0; i-- {
			fmt.Fprintf(&b, "chain u%d {\n", i)
			for range g.IntN(5) {
				fmt.Fprintln(&b, g.nftRule(family, ip, "", i+1, users))
			}
			b.WriteString("}\n")
		}
		verdict := func() string {
			if users > 0 && g.one(2) {
				return fmt.Sprintf("%s u%d", g.pick("jump", "goto"), g.IntN(users))
			}
			return g.pick("accept", "drop", "return", "continue")
		}
		fmt.Fprintf(&b, "map verdicts { type inet_service : verdict; elements = { %s : %s, 22 : drop } }\n", g.pick("10250", "80"), verdict())
		fmt.Fprintf(&b, "map services { type %s . inet_proto . inet_service : verdict; elements = { %s . tcp . %s : %s } }\n",
			kind, strings.Split(g.nftHost(), "/")[0], g.pick("10250", "80"), verdict())
		for c := range 1 + g.IntN(3) {
			hook := strings.ToLower(g.pick(g.hooks("mangle")...))
			policy, priority := "accept", g.pick("-300", "-150", "-1", "0", "0", "5", "60")
			if priority == "-300" && g.way == Forward { // replies have no state yet
				priority = "-150"
			}
			if g.one(4) {
				policy = "drop"
			}
			fmt.Fprintf(&b, "chain b%d { type filter hook %s priority %s; policy %s;\n", c, hook, priority, policy)
			if g.way == Forward || strings.HasSuffix(hook, "put") || g.one(2) { // otherwise what follows the SYN may be rejected
				b.WriteString("ct state established,related accept\n")
			}
			for range g.IntN(7) {
				fmt.Fprintln(&b, g.nftRule(family, ip, hook, 0, users))
			}
			b.WriteString("}\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func (g *generator) nftHost() string {
	if g.six {
		return g.pick("fd01::2", "fd01::3", "fd01::1", "fd02::2")
	}
	return g.pick("10.1.0.2", "10.1.0.3", "10.1.0.1", "10.2.0.2")
}

func (g *generator) op() string { return g.pick("", "", "", "!= ") }

func (g *generator) nftRule(family, ip, hook string, from, users int) string {
	var parts []string
	for g.one(2) || parts == nil && !g.one(4) {
		parts = append(parts, g.nftMatch(family, ip))
	}
	if g.one(6) {
		parts = append(parts, g.pick(`counter`, `log prefix "tcp dport 10250 drop"`, "limit rate 100/second", "limit rate over 100/second",
			"meta mark set 0x1", "meta mark set meta mark or 0x2", "meta mark set meta mark and 0xfffffffe",
			"meta mark set meta mark & 0xfe | 0x3", "meta mark set ct mark", "ct mark set 0x1", "ct mark set meta mark"))
	}
	if hook != "" && g.one(8) { // in user chains, such maps could make loops
		return strings.Join(append(parts, g.pick("tcp dport vmap @verdicts", ip+" daddr . meta l4proto . th dport vmap @services",
			ip+" saddr . meta l4proto . th dport vmap @services")), " ")
	}
	if g.one(8) {
		return strings.Join(append(parts, g.pick("ct state vmap { established : accept, invalid : drop, new : continue }",
			"tcp dport vmap { 10250 : "+g.pick("drop", "accept", "return")+", 1-100 : "+g.pick("drop", "accept")+" }",
			"iifname vmap { c0 : "+g.pick("drop", "accept")+" }", "numgen random mod 2 vmap { 0 : accept, 1 : drop }")), " ")
	}
	if n := users - from; n > 0 && g.one(3) {
		return strings.Join(append(parts, fmt.Sprintf("%s u%d", g.pick("jump", "goto"), from+g.IntN(n))), " ")
	}
	end := g.pick("accept", "accept", "drop", "drop", "return", "continue", "counter")
	if hook == "prerouting" && g.one(8) {
		end = "notrack"
	}
	if (hook == "input" || hook == "output" || hook == "forward") && g.one(5) {
		end = g.pick("reject", "meta l4proto tcp reject with tcp reset")
		if family == "inet" && g.one(3) {
			end = g.pick("reject with icmp port-unreachable", "reject with icmpv6 port-unreachable")
		}
		if strings.Contains(strings.Join(parts, " "), "nfproto") { // nft 1.0.6 does not list that match before a reset
			end = "reject"
		}
	}
	return strings.Join(append(parts, end), " ")
}

func (g *generator) nftMatch(family, ip string) string {
	switch n := g.IntN(16); {
	case n == 14 && family == "inet":
		return g.pick("meta nfproto ipv4", "meta nfproto ipv6", "meta protocol ip")
	case n == 0 || n == 1:
		return "tcp dport " + g.op() + g.port()
	case n == 2:
		return "tcp dport " + g.pick(
			"10000-11000", "!= 10000-11000", "> 1024", "<= 80", "< 80", ">= 10250", "{ 80, 10250 }",
			"!= { 22, 10000-11000 }", "@ports", "!= @ports",
		)
	case n == 3 || n == 4:
		return ip + " " + g.pick("saddr ", "daddr ") + g.op() + g.address()
	case n == 5:
		return ip + " saddr " + g.op() + g.pick("@hosts", "{ "+g.nftHost()+" }", g.addressRange())
	case n == 6:
		return "ct state " + g.pick(
			"new", "established,related", "{ established, related }", "!= new", "! new", "invalid", "new,untracked",
			"!= established,related", "untracked",
		)
	case n == 7:
		return "meta mark " + g.pick("0x1", "!= 0x1", "0x0", "and 0x1 == 0x1", "& 0x2 != 0", "> 0x1")
	case n == 8:
		return g.pick("iifname ", "oifname ") + g.op() + g.pick("c0", "s0", `"c*"`, `{ "c0", "lo" }`, `{ s0, x }`)
	case n == 9:
		return g.pick(
			"meta l4proto tcp", "meta l4proto != udp", "meta l4proto { tcp, udp }", "udp dport 10250",
			"icmp type echo-request", "th dport 10250",
		)
	case n == 10:
		return "fib " + g.pick("daddr", "saddr") + " type " + g.pick("local", "!= local", "{ local, broadcast }", "unicast")
	case n == 11:
		return "tcp flags " + g.pick("syn", "& (fin|syn|rst|ack) == syn", "syn / syn,ack", "!= syn", "& (fin|syn) != fin|syn", "ack")
	case n == 12:
		return fmt.Sprintf("%s saddr . tcp dport %s{ %s . %s, %s . 22 }", ip, g.op(), g.nftHost(), g.port(), g.nftHost())
	case n == 13:
		return g.pick("ct status dnat", "ct mark 0x1", "ct direction original", "ct mark & 0x1 != 0x1", "ct direction reply")
	}
	return "tcp dport 10250"
}
