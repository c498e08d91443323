package firewall

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// generator generates rulesets for the lab's node.
type generator struct {
	*rand.Rand
	six bool
	way Hook
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) one(in int) bool { return g.IntN(in) == 0 }

// families returns the iptables backends of the packets' family.
func (g *generator) families() []string {
	if g.six {
		return []string{IP6Tables, IP6TablesLegacy}
	}
	return []string{IPTables, IPTablesLegacy}
}

// backends returns those that get rules.
func (g *generator) backends() []string {
	all := append(g.families(), NFTables)
	if g.one(3) {
		g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return all[:2+g.IntN(2)]
	}
	return []string{all[g.IntN(3)]}
}

// hooks returns the chains of the table that the packets cross.
func (g *generator) hooks(table string) []string {
	all := map[Hook][]string{
		Input: {"PREROUTING", "INPUT"}, Output: {"OUTPUT", "POSTROUTING"}, Forward: {"PREROUTING", "FORWARD", "POSTROUTING"},
	}[g.way]
	var there []string
	for _, h := range all {
		for _, b := range builtins(table) {
			if b == h {
				there = append(there, h)
			}
		}
	}
	return there
}

func builtins(table string) []string {
	switch table {
	case "raw":
		return []string{"PREROUTING", "OUTPUT"}
	case "mangle":
		return []string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}
	}
	return []string{"INPUT", "FORWARD", "OUTPUT"}
}

func (g *generator) address() string {
	if g.six {
		return g.pick("fd01::2", "fd01::3", "fd01::1", "fd02::2", "fd02::1", "fd01::/64", "fd00::/8", "fd01::2/127", "fd05::/16")
	}
	return g.pick(
		"10.1.0.2", "10.1.0.3", "10.1.0.1", "10.2.0.2", "10.2.0.1", "10.1.0.0/24", "10.0.0.0/8", "10.1.0.2/31",
		"192.168.0.0/16", "127.0.0.0/8",
	)
}

func (g *generator) addressRange() string {
	if g.six {
		return g.pick("fd01::1-fd01::2", "fd01::3-fd02::1", "fd00::-fd09::")
	}
	return g.pick("10.1.0.1-10.1.0.2", "10.1.0.3-10.2.0.1", "1.0.0.0-11.0.0.0")
}

func (g *generator) not() string { return g.pick("", "", "", "! ") }

func (g *generator) port() string { return g.pick("10250", "10250", "80", "22", "8080") }

// iptables generates input for iptables-restore.
func (g *generator) iptables() string {
	var b strings.Builder
	tables := []string{"filter"}
	for _, t := range []string{"mangle", "raw"} {
		if g.one(3) && (t != "raw" || g.way != Forward) { // in raw, replies have no state by which they could pass
			tables = append(tables, t)
		}
	}
	for _, table := range tables {
		fmt.Fprintf(&b, "*%s\n", table)
		chains := g.hooks(table)
		for _, c := range chains {
			policy := "ACCEPT"
			if g.one(4) {
				policy = "DROP"
			}
			fmt.Fprintf(&b, ":%s %s [0:0]\n", c, policy)
		}
		users := g.IntN(4)
		for i := range users {
			fmt.Fprintf(&b, ":U%d - [0:0]\n", i)
		}
		for _, c := range chains {
			if table == "filter" || table != "raw" && (g.way == Forward || g.one(2)) { // rejecting what follows the SYN would confuse the result
				fmt.Fprintf(&b, "-A %s -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", c)
			}
			for range g.IntN(7) {
				fmt.Fprintf(&b, "-A %s %s %s\n", c, g.matches(c), g.target(table, 0, users))
			}
		}
		for i := range users {
			for range g.IntN(5) {
				fmt.Fprintf(&b, "-A U%d %s %s\n", i, g.matches("U"), g.target(table, i+1, users))
			}
		}
		b.WriteString("COMMIT\n")
	}
	return b.String()
}

func (g *generator) matches(chain string) string {
	var core, modules []string
	protocol := g.one(2)
	if g.one(3) {
		core = append(core, g.not()+"-s "+g.address())
	}
	if g.one(4) {
		core = append(core, g.not()+"-d "+g.address())
	}
	if g.one(5) && chain != "OUTPUT" && chain != "POSTROUTING" {
		core = append(core, g.not()+"-i "+g.pick("c0", "s0", "lo", "c+", "x+"))
	}
	if g.one(5) && chain != "INPUT" && chain != "PREROUTING" {
		core = append(core, g.not()+"-o "+g.pick("c0", "s0", "lo", "s+", "x+"))
	}
	if protocol {
		core = append(core, "-p tcp")
		modules = append(modules, g.tcp())
	} else if g.one(6) {
		core = append(core, g.pick("-p udp", "! -p udp", "! -p tcp", "-p icmp"))
	}
	for n := len(modules); g.one(3); { // each module once
		if m := g.module(); !slices.ContainsFunc(modules[n:], func(o string) bool { return strings.Fields(o)[1] == strings.Fields(m)[1] }) {
			modules = append(modules, m)
		}
	}
	return strings.Join(append(core, modules...), " ")
}

func (g *generator) tcp() string {
	switch g.IntN(7) {
	case 0:
		return "-m multiport " + g.not() + g.pick("--dports ", "--ports ") + g.pick("10250,80", "22,10000:11000", "80", "1:1023")
	case 1:
		return "-m tcp --syn"
	case 2:
		return "-m tcp " + g.not() + "--tcp-flags " + g.pick("SYN,ACK SYN", "FIN,SYN,RST,ACK SYN", "ALL NONE", "ACK ACK")
	case 3:
		return "-m tcp " + g.not() + "--dport " + g.pick("10000:11000", ":100", "1024:", "10249:10251")
	}
	return "-m tcp " + g.not() + "--dport " + g.port()
}

func (g *generator) module() string {
	switch g.IntN(12) {
	case 0, 1:
		return "-m conntrack " + g.not() + "--ctstate " + g.pick(
			"NEW", "INVALID", "RELATED,ESTABLISHED", "UNTRACKED", "NEW,INVALID", "RELATED,ESTABLISHED,DNAT",
		)
	case 2:
		return "-m state " + g.not() + "--state " + g.pick("NEW", "INVALID", "RELATED,ESTABLISHED")
	case 3:
		if g.six {
			return "-m addrtype " + g.not() + "--dst-type LOCAL"
		}
		return "-m addrtype " + g.not() + g.pick("--dst-type ", "--src-type ") + g.pick("LOCAL", "UNICAST", "BROADCAST,LOCAL", "MULTICAST")
	case 4, 5:
		return "-m mark " + g.not() + "--mark " + g.pick("0x1/0x1", "0x0", "0x3/0x3", "0x2/0x6")
	case 6:
		return "-m connmark " + g.not() + "--mark " + g.pick("0x1/0x1", "0x0")
	case 7:
		return "-m iprange " + g.not() + g.pick("--src-range ", "--dst-range ") + g.addressRange()
	case 8:
		return `-m comment --comment "a \"quoted\" 'word' -j DROP"`
	case 9:
		return "-m limit --limit 100/second"
	case 10:
		return "-m statistic --mode random --probability 0.5"
	}
	return "-m comment --comment -j"
}

// target jumps only to later user chains, so that there are no loops.
func (g *generator) target(table string, from, users int) string {
	if n := users - from; n > 0 && g.one(3) {
		return g.pick("-j", "-j", "-g") + fmt.Sprintf(" U%d", from+g.IntN(n))
	}
	switch g.IntN(12) {
	case 0, 1, 2:
		return "-j ACCEPT"
	case 3, 4, 5:
		return "-j DROP"
	case 6, 7:
		if table == "filter" {
			reset := "icmp-port-unreachable"
			if g.six {
				reset = "icmp6-adm-prohibited"
			}
			return "-j REJECT --reject-with " + reset
		}
		if table == "raw" {
			return g.pick("-j CT --notrack", "-j NOTRACK")
		}
		return "-j CONNMARK " + g.pick("--set-mark 0x1", "--restore-mark", "--save-mark", "--restore-mark --nfmask 0x1 --ctmask 0xff")
	case 8:
		return "-j RETURN"
	case 9:
		return "-j LOG --log-prefix \"-j DROP\""
	case 10:
		return "-j MARK " + g.pick("--set-mark 0x1", "--set-xmark 0x1/0x1", "--or-mark 0x2", "--and-mark 0xfffffffe", "--xor-mark 0x3")
	}
	return ""
}
