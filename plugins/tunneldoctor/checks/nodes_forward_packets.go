package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// NodesForwardPackets finds nodes of agents whose kernel forwards no packets. Connections that exist may outlive that for a while.
var NodesForwardPackets = &check.Check{
	Code: "TUN0310",
	Name: "nodes-forward-packets",
	Hop:  hopEgress,
	Doc: `the agents' nodes forward the packets of their pods

With the sysctl net.ipv4.ip_forward at 0, a node's kernel passes nothing on between pods and the network. The node itself reaches
everything, is Ready, and its pods reach nothing outside it. A hardening job or an agent of a security product may have set it.`,
	Sources: []string{"https://kubernetes.io/docs/setup/production-environment/container-runtimes/#prerequisite-ipv4-forwarding-optional"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, err := facts.Tunnel.Get(p)
		if err != nil {
			return nil, err
		}
		if t.Kind == "" {
			p.Skip("kube-system has no tunnel Deployment")
			return nil, nil
		}
		reports, ok, err := agentReports(p)
		if !ok {
			return nil, err
		}
		var fs []check.Finding
		for _, s := range reports.Items {
			if s.Report.Agent == nil || !s.Report.Agent.NotForwarding {
				continue
			}
			fs = append(fs, check.Finding{
				Severity: check.Error, Target: nodeRef(s.Node),
				Summary:  fmt.Sprintf("node %s forwards no packets of its pods: IPv4 forwarding is off (net.ipv4.ip_forward = 0)", s.Node),
				Cause:    "the tunnel agent there, and all other pods, reach nothing outside the node, and nothing reaches them",
				Evidence: seenOn(s.Node, []string{"net.ipv4.ip_forward = 0"}, cmdline.Program("sysctl", "net.ipv4.ip_forward")),
				Fixes: onNode(podhealth.Node{Name: s.Node}, "turn it on, and find out who turned it off (see /etc/sysctl.d)",
					cmdline.Program("sysctl", "-w", "net.ipv4.ip_forward=1")),
			})
		}
		return limited(fs, "node"), nil
	},
}
