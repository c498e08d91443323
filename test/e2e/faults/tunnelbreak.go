package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// TunnelCase is the lab before a fault of the tunnel, and what was drawn from the seed.
type TunnelCase struct {
	Rand   *rand.Rand
	Node   string // on which something is broken
	Agents string // the agents' pod spec as JSON
	Secret string // the Secret with their certificates as JSON, without what the API server adds
	// Args are additional flags of the doctor.
	Args []string
}

// TunnelBroken is how a fault of the tunnel is created. Clear is harmless if nothing was injected; after it returns,
// the rest repairs itself.
type TunnelBroken struct {
	Inject, Clear func(Lab, *TunnelCase) error
	// NotReady reports whether the fault shows when Node (or each node, with Everywhere) is not Ready; Everywhere
	// whether all nodes have the fault.
	NotReady, Everywhere bool
	// Heals reports whether the commands of the verdict's fix with the number Fix repair it as printed, with More
	// further rounds of running the doctor and its fix.
	Heals     bool
	Fix, More int
	// Workaround reports whether the fix is one: a warning with the same code stays.
	Workaround bool
}

// TunnelBreaks returns how each fault of Tunnel is created.
func TunnelBreaks() map[string]TunnelBroken {
	all := map[string]TunnelBroken{}
	for _, some := range []map[string]TunnelBroken{
		agentBreaks(), egressBreaks(), kubeletBreaks(), filterBreaks(),
		pathBreaks(), webhookBreaks(), serviceLinkBreaks(), oldTunnelBreaks(),
	} {
		for name, b := range some {
			all[name] = b
		}
	}
	return all
}

// shell runs a shell command on the case's node.
func shell(l Lab, c *TunnelCase, line string) error { return l.On(c.Node, "sh", "-c", line) }

// everywhere runs a shell command on every node.
func everywhere(l Lab, line string) error {
	var errs []error
	for _, n := range l.Nodes() {
		errs = append(errs, l.On(n, "sh", "-c", line))
	}
	return errors.Join(errs...)
}

// onNode breaks the case's node with a shell command and repairs it with another.
func onNode(breaks, mends string) TunnelBroken {
	return TunnelBroken{
		Inject: func(l Lab, c *TunnelCase) error { return shell(l, c, breaks) },
		Clear:  func(l Lab, c *TunnelCase) error { return shell(l, c, mends) },
	}
}

// onNodes is onNode for every node.
func onNodes(breaks, mends string) TunnelBroken {
	return TunnelBroken{
		Inject:     func(l Lab, _ *TunnelCase) error { return everywhere(l, breaks) },
		Clear:      func(l Lab, _ *TunnelCase) error { return everywhere(l, mends) },
		Everywhere: true,
	}
}

// oneByOne breaks every node; each report names one of them.
func oneByOne(breaks, mends string) TunnelBroken {
	b := onNodes(breaks, mends).healsBy(0, 1)
	b.Everywhere = false
	return b
}

func (b TunnelBroken) heals() TunnelBroken {
	b.Heals = true
	return b
}

// healsBy is heals with a fix that is not the first, or in several rounds.
func (b TunnelBroken) healsBy(fix, more int) TunnelBroken {
	b.Heals, b.Fix, b.More = true, fix, more
	return b
}

// rule adds an iptables rule, and removes all copies of it.
func rule(tool, chain, match string) (breaks, mends string) {
	return fmt.Sprintf("%s -I %s %s", tool, chain, match), fmt.Sprintf("while %s -D %s %s 2>/dev/null; do :; done", tool, chain, match)
}

func filterBreaks() map[string]TunnelBroken {
	const ufwOff = "ufw --force disable; ufw --force reset >/dev/null; rm -f /etc/ufw/*.rules.2*"
	const port = "-p tcp --dport 10250 "
	nft := func(hook, priority, match string) (string, string) {
		return fmt.Sprintf("nft add table inet custom; nft add chain inet custom c '{ type filter hook %s priority %s; "+
			"}'; %s", hook, priority, match), "nft delete table inet custom 2>/dev/null; true"
	}
	drops, undrops := rule("iptables", "INPUT", "-p tcp -m multiport --dports 10250,10255:10259 -j DROP")
	_, unaccepts := rule("iptables", "INPUT", port+"-j ACCEPT") // by a fix, which may have been applied twice
	return map[string]TunnelBroken{
		// the first two fixes allow the port only, on the node and through Azure
		"ufw-enabled":            onNode("ufw --force enable", ufwOff).healsBy(2, 0),
		"ufw-enabled-everywhere": onNodes("ufw --force enable", ufwOff).healsBy(2, 0),
		"ufw-other-ports": onNode("ufw allow 22/tcp; ufw allow 443/tcp; ufw allow 10255:10260/tcp; "+
			"ufw --force enable", ufwOff).healsBy(2, 0),
		"ufw-denies": onNode("ufw default allow; ufw deny 10250/tcp; "+
			"ufw --force enable", ufwOff+"; ufw default deny incoming").healsBy(2, 0),
		"iptables-drop":                     onNode(rule("iptables", "INPUT", port+"-j DROP")).heals(),
		"iptables-drop-everywhere":          onNodes(rule("iptables", "INPUT", port+"-j DROP")).heals(),
		"iptables-reject-everywhere":        onNodes(rule("iptables", "INPUT", port+"-j REJECT")).heals(),
		"iptables-reset":                    onNode(rule("iptables", "INPUT", port+"-j REJECT --reject-with tcp-reset")).heals(),
		"iptables-legacy-drop":              onNode(rule("iptables-legacy", "INPUT", port+"-j DROP")).heals(),
		"iptables-legacy-reject-everywhere": onNodes(rule("iptables-legacy", "INPUT", port+"-j REJECT")).heals(),
		"iptables-user-chain": onNode(
			"iptables -N guard; iptables -A guard -p udp -j RETURN; iptables -A guard "+port+"-j DROP; "+
				"iptables -A guard -j RETURN; iptables -I INPUT -i eth0 -j guard",
			"iptables -D INPUT -i eth0 -j guard; iptables -F guard; iptables -X guard; true").heals(),
		"iptables-raw": onNodes(rule("iptables -t raw", "PREROUTING", port+"-j DROP")).heals(),
		"iptables-policy": onNodes(
			"iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; "+
				"iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -p udp -j ACCEPT; "+
				"iptables -P INPUT DROP",
			"iptables -P INPUT ACCEPT; iptables -D INPUT -i lo -j ACCEPT; iptables -D INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; "+
				"iptables -D INPUT -p tcp --dport 22 -j ACCEPT; iptables -D INPUT -p udp -j ACCEPT; "+
				unaccepts).heals(),
		"iptables-one-source": TunnelBroken{
			Inject: func(l Lab, c *TunnelCase) error {
				return shell(l, c, "iptables -I INPUT -s "+otherPods(c)+" "+port+"-j DROP; iptables -I INPUT -s "+otherNode(c)+" "+port+"-j DROP")
			},
			Clear: func(l Lab, c *TunnelCase) error {
				return shell(l, c, "iptables -D INPUT -s "+otherPods(c)+" "+port+"-j DROP; iptables -D INPUT -s "+otherNode(c)+" "+port+"-j DROP; true")
			},
		}.heals(),
		"iptables-drop-before-accept": onNode("iptables -I INPUT "+port+"-j ACCEPT; iptables -I INPUT "+port+"-j DROP",
			"iptables -D INPUT "+port+"-j DROP 2>/dev/null; iptables -D INPUT "+port+"-j ACCEPT 2>/dev/null; true").heals(),
		"iptables-multiport": onNodes(drops, undrops+"; "+unaccepts).heals(),
		"nft-other-table":    onNode(nft("input", "0", "nft add rule inet custom c tcp dport 10250 drop")).heals(),
		"nft-early-priority": onNodes(nft("prerouting", "-350", "nft add rule inet custom c tcp dport 10250 drop")).heals(),
		"nft-set": onNode(nft("input", "-10",
			"nft add set inet custom ports '{ type inet_service; flags interval; elements = { 8000-8100, 10240-10260 }; "+
				"}'; nft add rule inet custom c tcp dport @ports reject")).heals(),
		"forward-drop": oneByOne(rule("iptables", "FORWARD", port+"-j DROP")),
	}
}

// otherNode and otherPods are the source addresses of agents on the other node.
func otherNode(c *TunnelCase) string {
	if strings.HasSuffix(c.Node, "0") {
		return "10.220.0.21"
	}
	return "10.220.0.20"
}

func otherPods(c *TunnelCase) string {
	if strings.HasSuffix(c.Node, "0") {
		return "10.244.1.0/24"
	}
	return "10.244.0.0/24"
}

func kubeletBreaks() map[string]TunnelBroken {
	stopped := onNode("systemctl stop kubelet", "systemctl start kubelet")
	stopped.NotReady = true
	all := onNodes("systemctl stop kubelet", "systemctl start kubelet")
	all.NotReady, all.Everywhere = true, true
	hung := onNode("pkill -STOP -x kubelet", "pkill -CONT -x kubelet; true")
	hung.NotReady = true
	return map[string]TunnelBroken{"kubelet-stopped": stopped, "kubelet-stopped-everywhere": all, "kubelet-hung": hung}
}
