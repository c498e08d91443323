package checks

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// rulesets parses the firewall rules of a node. It returns an error unless they are known completely.
func rulesets(s facts.NodeReport) ([]*firewall.Ruleset, error) {
	f := s.Report.Filters
	if f == nil {
		return nil, fmt.Errorf("the firewall rules of node %s are unknown", s.Node)
	}
	if s.Truncated {
		return nil, fmt.Errorf("the firewall rules of node %s exceed the size limit of a termination message", s.Node)
	}
	for _, tool := range s.Report.Missing {
		if tool == "iptables-save" || tool == "nft" && f.Iptables == "" {
			return nil, fmt.Errorf("node %s has no %s: its firewall rules are unknown", s.Node, tool)
		}
	}
	var all []*firewall.Ruleset
	// in this order: where several rules block the packet, the first is reported
	for _, saved := range []struct{ backend, text string }{{firewall.IPTables, f.Iptables}, {firewall.IPTablesLegacy, f.Legacy}} {
		if strings.TrimSpace(saved.text) == "" {
			continue
		}
		r, err := firewall.ParseIptables(saved.backend, saved.text)
		if err != nil {
			return nil, fmt.Errorf("%s of node %s: %w", saved.backend, s.Node, err)
		}
		all = append(all, r)
	}
	for _, text := range f.Nftables {
		r, err := firewall.ParseNft([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("nftables of node %s: %w", s.Node, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// evaluateIngress evaluates the node's firewall for a new connection from the address to its kubelet at own.
func evaluateIngress(s facts.NodeReport, from, own netip.Addr) (firewall.Verdict, firewall.Packet, error) {
	all, err := rulesets(s)
	packet := firewall.Packet{Protocol: "tcp", Source: from, Destination: own, Port: facts.KubeletPort}
	if own.Is6() && err == nil {
		err = fmt.Errorf("node %s has an IPv6 address, and ip6tables is not evaluated yet", s.Node)
	}
	if err != nil {
		return firewall.Verdict{}, packet, err
	}
	packet.In = s.Report.Filters.Interfaces[from.String()]
	return firewall.Decide(packet, firewall.Input, all...), packet, nil
}

// evaluateEgress evaluates the node's firewall for a new connection from its agent, or from the node itself, to the address.
func evaluateEgress(s facts.NodeReport, to netip.Addr, protocol string, port int) (firewall.Verdict, firewall.Packet, error) {
	packet := firewall.Packet{Protocol: protocol, Source: s.AgentIP, Destination: to, Port: uint16(port)} //nolint:gosec // a port
	all, err := rulesets(s)
	if err != nil {
		return firewall.Verdict{}, packet, err
	}
	packet.Out = s.Report.Filters.Interfaces[to.String()]
	if s.AgentIP.IsValid() && s.Report.FromAgent {
		packet.In = s.Report.Filters.Interfaces[s.AgentIP.String()]
		return firewall.Decide(packet, firewall.Forward, all...), packet, nil
	}
	return firewall.Decide(packet, firewall.Output, all...), packet, nil
}

// describeRule describes the rule that decided, or why none did.
func describeRule(v firewall.Verdict) string {
	if v.Rule == nil {
		return v.Reason
	}
	where := fmt.Sprintf("%s, table %s, chain %s", v.Rule.Backend, v.Rule.Table, v.Rule.Chain)
	if v.Rule.Number > 0 {
		where += fmt.Sprintf(", rule %d", v.Rule.Number)
	}
	text := fmt.Sprintf("%s (%s)", v.Rule.Text, where)
	if len(v.Path) > 1 {
		text += ", via " + strings.Join(v.Path, " → ")
	}
	return text
}

// ruleEvidence is the command that shows the rule, and the rule.
func ruleEvidence(node string, v firewall.Verdict) []check.Evidence {
	if v.Rule == nil {
		return nil
	}
	list := v.Rule.List()
	if v.Ufw {
		list = cmdline.Program("ufw", "status", "numbered")
	}
	return seenOn(node, []string{v.Rule.Text}, list)
}
