package checks

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// holdersOf returns who has the connections of the flow: a pod, or programs of the node's own network.
func holdersOf(held facts.NodeConnection, f nodecheck.Flow, node netip.Addr) []holder {
	count := f.Open + f.Waiting
	if pod := held.Connections.Pods[f.From.String()]; pod != "" {
		return []holder{{name: "pod " + pod, pod: pod, count: count}}
	}
	if f.From != node {
		return []holder{{name: "a pod with the address " + f.From.String(), count: count}}
	}
	var all []holder
	left := count
	for _, p := range held.Connections.Programs {
		if p.To == f.To && left > 0 {
			n := min(p.Count, left)
			all, left = append(all, holder{name: p.Name + " on the node", count: n}), left-n
		}
	}
	if left > 0 {
		all = append(all, holder{name: "other programs on the node", count: left})
	}
	return all
}

// most returns the holders with the same name together, the largest first.
func (g *group) most() []holder {
	var all []holder
	for _, h := range g.by {
		if i := slices.IndexFunc(all, func(o holder) bool { return o.name == h.name }); i >= 0 {
			all[i].count += h.count
		} else {
			all = append(all, h)
		}
	}
	slices.SortStableFunc(all, func(a, b holder) int { return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.name, b.name)) })
	return all
}

// maxHolders bounds how many holders are evidence, maxNamed how many a finding's cause names.
const (
	maxHolders = 5
	maxNamed   = 2
)

// exhausted returns the finding about the report's node, whose largest group of connections is g; nil: unknown.
func (s *snat) exhausted(r facts.NodeReport, g *group, summary string) *check.Finding {
	cause := "each connection to one address and port needs a SNAT port, also for some time after it has ended"
	var seen []check.Evidence
	var fixes []check.Fix
	if g != nil {
		holders := g.most()
		var lines, names []string
		for i, h := range holders[:min(maxHolders, len(holders))] {
			lines = append(lines, fmt.Sprintf("%s: %d connections to %s", h.name, h.count, g.to))
			if i == 0 || i < maxNamed && h.count > g.count/4 {
				names = append(names, fmt.Sprintf("%s has %d", h.name, h.count))
			}
		}
		cause = strings.Join(names, ", ") + "; " + cause
		seen = seenOn(r.Node, lines, cmdline.Program("conntrack", "-L", "-p", "tcp", "-d", g.to.Addr().String(),
			"--dport", strconv.Itoa(int(g.to.Port()))))
		if h := holders[0]; h.pod != "" {
			namespace, name, _ := strings.Cut(h.pod, "/")
			fixes = append(fixes, fix(fmt.Sprintf("make pod %s reuse its connections, or reach Azure's services by private endpoints", h.pod),
				cmdline.Kubectl("get", "pod", name, "-n", namespace, "-o", "wide")))
		}
	}
	return &egressFinding(s.agents, r.Node, summary, cause, append(seen, s.evidence(r.Node)...), append(fixes, s.more())...)[0]
}

// evidence returns the commands that show the outbound rule and what the load balancer counted for the node.
func (s *snat) evidence(name string) []check.Evidence {
	seen := []check.Evidence{{
		Source: cmdline.Az("network", "lb", "outbound-rule", "list", "-g", s.info.Cluster.NodeGroup, "--lb-name", "kubernetes"),
	}}
	n := s.nodes.Find(name)
	if n == nil {
		return seen
	}
	if use := s.info.SNAT.Use(n.IP); use != nil {
		seen = append(seen, check.Evidence{
			Source: cmdline.Az("monitor", "metrics", "list", "--resource", s.info.SNAT.Outbound.LoadBalancer,
				"--metrics", "UsedSnatPorts", "AllocatedSnatPorts", "SnatConnectionCount", "--offset", "30m"),
			Lines: []string{fmt.Sprintf("%s: at most %d of %d ports in use, %d failed connections", n.IP, use.Used, use.Allocated, use.Failed)},
		})
	}
	return seen
}

// more returns the fix that gives each node more ports, with the public addresses that this takes for the nodes and those that an upgrade
// adds.
func (s *snat) more() check.Fix {
	rule := s.info.SNAT.Rule()
	machines := max(rule.Machines, len(s.nodes.Items))
	ports, addresses := rule.More(machines + machines/10 + 1)
	args := []string{"--load-balancer-outbound-ports", strconv.Itoa(ports)}
	if addresses > rule.CountAddresses() {
		args = append([]string{"--load-balancer-managed-outbound-ip-count", strconv.Itoa(addresses)}, args...)
	}
	f := topology.FixBy(fmt.Sprintf("give each node %d ports; established connections may break when the rule changes", ports),
		id.AKS(s.info.Cluster.ID, "update", args...))
	f.Disruptive = true
	f.Template = "loadBalancerProfile.allocatedOutboundPorts (Bicep) or load_balancer_profile.outbound_ports_allocated (Terraform)"
	return f
}
