package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// KubeletPortIsReached finds connections that are blocked between the nodes.
var KubeletPortIsReached = &check.Check{
	Code: "TUN0601",
	Name: "kubelet-port-is-reached",
	Hop:  hopNetwork,
	Doc: `the tunnel agents reach port 10250 of every node

If an agent cannot connect although the kubelet answers on its own node and neither node's firewall blocks the packets, something
between the nodes drops them: a network security group, a route table or an appliance. AKS does not support blocking traffic inside
the cluster's subnets.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"},
	After: []*check.Check{
		KubeletListens, KubeletHasServingCertificate, KubeletAnswers, SecurityGroupsAllowKubelets, KubeletRoutesAreDirect,
	},
	Needs: append([]check.Need{facts.KubeletConnectionCounts, facts.AzureNetwork}, kubeletNeeds...),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		return lostBetweenNodes(p, notSilent, func(paths []facts.BrokenPath, target facts.NodeReport) check.Finding {
			path := paths[0]
			if path.Worst() == nodecheck.NoPort {
				return noPortFinding(path)
			}
			if bridge := ownBridge(path); bridge != "" {
				return bridgeFinding(path, bridge)
			}
			groups, _ := groupsText(p, func(info facts.AzureInfo) (*topology.Verdict, error) { return deniedByGroup(info, nodes, path) })
			return check.Finding{
				Summary: fmt.Sprintf("%s cannot connect to %s:10250 of node %s (%s); %s",
					clientOf(path.From), path.To.IP, path.To.Name, path.Worst(), patternText(p, paths)),
				Cause: lossText(p, path, firewallsAllow(nodes, path, target)) + groups,
				Fixes: []check.Fix{betweenNodes(path)},
			}
		})
	},
}

// noPortFinding returns the finding about an agent that has no free local port for connections to a kubelet.
func noPortFinding(path facts.BrokenPath) check.Finding {
	agent := cmdline.Kubectl("get", "pods", "-n", system, path.From.Agent, "-o", "jsonpath={.spec.securityContext.sysctls}")
	return check.Finding{
		Summary: fmt.Sprintf("%s has no free local port for a connection to %s:10250 of node %s: cannot assign requested address",
			clientOf(path.From), path.To.IP, path.To.Name),
		Cause: "open sessions (exec, port-forward, logs -f) each hold a local port of the agent; probably those to this kubelet hold all of " +
			"net.ipv4.ip_local_port_range",
		Fixes: []check.Fix{
			fix("see whether the agents' Deployment narrows the range, and which connections hold the ports", agent,
				noTunnel(path.From.Node, cmdline.Program("conntrack", "-L", "-p", "tcp", "--dport", "10250"))),
			fix("then end sessions that nobody uses, or restore the range"),
		},
	}
}

// ownBridge returns the bridge for containers or virtual machines on the agent's node to which the node sends packets for the other node;
// empty: to none. It is named by those who make such bridges.
func ownBridge(path facts.BrokenPath) string {
	if path.From.Report.Filters == nil {
		return ""
	}
	device := path.From.Report.Filters.Interfaces[path.To.IP.String()]
	for _, prefix := range []string{"docker", "br-", "virbr", "lxcbr", "lxdbr", "podman", "cni", "cbr"} {
		if strings.HasPrefix(device, prefix) {
			return device
		}
	}
	return ""
}

// bridgeFinding returns the finding about packets that never leave the agent's node.
func bridgeFinding(path facts.BrokenPath, bridge string) check.Finding {
	from, to := path.From.Node, path.To.IP.String()
	return check.Finding{
		Summary: fmt.Sprintf("node %s sends packets for %s, which is node %s, to its own bridge %s", from, to, path.To.Name, bridge),
		Cause: "the bridge's address range contains the other node's address, and its route is more specific than that of the nodes' subnet; " +
			clientOf(path.From) + " gets no answer",
		Fixes: []check.Fix{
			fix("show the route and the bridge's range", noTunnel(from, cmdline.Program("ip", "route", "get", to)),
				noTunnel(from, cmdline.Program("ip", "-4", "addr", "show", "dev", bridge))),
			fix("then remove the bridge, or give it a range that the virtual network does not have (Docker: bip in /etc/docker/daemon.json)"),
		},
	}
}

// firewallsAllow reports whether the firewalls of both nodes are known to allow the packets.
func firewallsAllow(nodes facts.NodeList, path facts.BrokenPath, target facts.NodeReport) bool {
	in, _, err := evaluateIngress(target, sourceIP(path.From, nodes), path.To.IP)
	if err != nil || in.Action != firewall.Accept {
		return false
	}
	out, _, err := evaluateEgress(path.From, path.To.IP, "tcp", facts.KubeletPort)
	return err == nil && out.Action == firewall.Accept
}

// lossText describes what is lost on the path and where, for a kubelet that answers on its own node. allowed reports whether both
// nodes' firewalls are known to allow the packets.
func lossText(p *check.Pass, path facts.BrokenPath, allowed bool) string {
	where := "between the nodes, whose firewalls allow them"
	if !allowed {
		where = "between the nodes or by their firewalls, which could not be evaluated"
	}
	what, arrived := countText(p, path)
	return fmt.Sprintf("%s are lost %s: %s, and the kubelet answers on its own node", what, where, arrived)
}

// groupsText says what is known about the network security groups on a failed path, as a clause; empty if they were not read.
// allow reports whether they are known to allow it.
func groupsText(p *check.Pass, denied func(facts.AzureInfo) (*topology.Verdict, error)) (text string, allow bool) {
	info, err := facts.AzureNetwork.Get(p)
	switch {
	case facts.IsNotHeld(err) || err == nil && info.Off != "":
		return "", false
	case err == nil:
		_, err = denied(info)
	}
	if err != nil {
		return fmt.Sprintf("; what the network security groups do is unknown: %v", err), false
	}
	return "; the network security groups allow these packets", true
}

// countText returns what is lost, and what a packet counter on the target, before its firewall, shows of it.
func countText(p *check.Pass, path facts.BrokenPath) (lost, arrived string) {
	counts, err := facts.KubeletConnectionCounts.Get(p)
	for _, c := range counts {
		switch {
		case err != nil || c.Node != path.To.Name || c.Arrived == nil:
		case *c.Arrived == 0 && c.Overlapped:
			return "packets", "none reached the target"
		case *c.Arrived == 0:
		default:
			return "replies", fmt.Sprintf("the target saw %s", counted(*c.Arrived, "connection attempt"))
		}
	}
	return "packets or replies", "whether packets reach the target is unknown"
}

// lostBetweenNodes returns a finding for each node to which paths of the kind are broken although its kubelet answers on the node
// itself.
func lostBetweenNodes(
	p *check.Pass, kind func(facts.BrokenPath) bool, finding func([]facts.BrokenPath, facts.NodeReport) check.Finding,
) ([]check.Finding, error) {
	_, broken, err := brokenPaths(p)
	if err != nil {
		return nil, err
	}
	broken = slices.DeleteFunc(broken, func(path facts.BrokenPath) bool { return !kind(path) || path.From.Node == path.To.Name })
	return eachTarget(p, broken, func(paths []facts.BrokenPath, s facts.NodeReport) *check.Finding {
		if k := s.Report.Kubelet; k.Own != nodecheck.Answered && k.Local != nodecheck.Answered {
			return nil // the fault is the kubelet's
		}
		f := finding(paths, s)
		f.Evidence = seenOn(paths[0].From.Node, reachMatrix(p),
			cmdline.Program("curl", "-sk", "--connect-timeout", "4", kubeletHealth(paths[0].To)))
		return &f
	})
}

// betweenNodes returns a fix that shows what governs traffic between two nodes in Azure.
func betweenNodes(path facts.BrokenPath) check.Fix {
	at := path.To.Azure
	var nics []cmdline.Command
	if at.ScaleSet != "" {
		nics = []cmdline.Command{cmdline.Az(
			"vmss", "nic", "list-vm-nics", "-g", at.ResourceGroup, "--vmss-name", at.ScaleSet, "--instance-id", at.ID,
			"--query", "[].{nsg:networkSecurityGroup.id,subnet:ipConfigurations[0].subnet.id}",
		)}
	}
	title := fmt.Sprintf("allow TCP 10250 from %s to %s in the network security groups of NICs and subnets, and in the route table",
		path.From.Node, path.To.IP)
	return showNetwork(title, at.ResourceGroup, nics)
}

// patternText describes which of the agents that tried do not reach the target of the paths.
func patternText(p *check.Pass, paths []facts.BrokenPath) string {
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return ""
	}
	tried, own := 0, false
	for _, s := range reports.Items {
		if r, ok := s.Report.Reach[paths[0].To.IP.String()]; ok && len(r.Outcomes) > 0 {
			tried++
			own = own || s.Node == paths[0].To.Name && r.OK()
		}
	}
	switch {
	case len(paths) == tried:
		return "no agent reaches it"
	case own && len(paths) == tried-1 && ownOnly(reports):
		return "each agent reaches only the kubelet of its own node"
	case own && len(paths) == tried-1:
		return "only the agent on that node reaches it"
	}
	return fmt.Sprintf("%d of %d agents do not reach it, so some requests fail", len(paths), tried)
}

// ownOnly reports whether of all kubelets that were tried, each agent reaches that of its own node and no other.
func ownOnly(reports facts.NodeReports) bool {
	for _, s := range reports.Items {
		reached := 0
		for _, r := range s.Report.Reach {
			if r.OK() {
				reached++
			}
		}
		if reached > 1 || len(s.Report.Reach) < 2 {
			return false
		}
	}
	return true
}

// maxUnreached is the number of failures that reachMatrix lists one by one; it counts the others.
const maxUnreached = 20

// reachMatrix lists which agent's node reaches which kubelet, failures first.
func reachMatrix(p *check.Pass) []string {
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil {
		return nil
	}
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nil
	}
	var failed, reached, unknown []string
	for _, s := range reports.Items {
		var good []string
		for _, n := range nodes.Items {
			r, ok := s.Report.Reach[n.IP.String()]
			switch {
			case !ok || len(r.Outcomes) == 0:
			case r.OK():
				good = append(good, n.Name)
			default:
				failed = append(failed, fmt.Sprintf("✗ %s -> %s: %s", s.Node, n.Name, r.Worst()))
			}
		}
		if len(good) > 0 {
			reached = append(reached, fmt.Sprintf("✓ %s -> %s", s.Node, joinNames(good)))
		}
		if s.Error != "" {
			unknown = append(unknown, fmt.Sprintf("? %s: %s", s.Node, s.Error))
		}
	}
	if more := len(failed) - maxUnreached; more > 0 {
		failed = append(failed[:maxUnreached], "✗ "+counted(more, "more failure"))
	}
	return slices.Concat([]string{"agent's node -> kubelet's node"}, failed, reached, unknown)
}
