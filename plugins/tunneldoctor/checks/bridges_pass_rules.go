package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// BridgesPassRules finds nodes whose pods do not reach Services with a pod on the same node.
var BridgesPassRules = &check.Check{
	Code: "TUN0606",
	Name: "bridges-pass-rules",
	Hop:  hopNetwork,
	Doc: `packets between pods of the agents' nodes pass kube-proxy's rules

Where a bridge connects the pods of a node, as with kubenet, their IPv4 packets pass the rules of iptables only with the module br_netfilter
and the sysctl net.bridge.bridge-nf-call-iptables at 1. Otherwise replies from an endpoint on the same node keep the pod's address, which
the client did not connect to: such connections time out, while those to pods of other nodes work.`,
	Sources: []string{
		"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/#network-plugin-requirements",
		"https://github.com/kubernetes/kubernetes/issues/38802",
	},
	After: []*check.Check{AgentsStart},
	Needs: []check.Need{facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		reports, ok, err := agentReports(p)
		if !ok {
			return nil, err
		}
		var fs []check.Finding
		known, bridged := false, false
		for _, s := range reports.Items {
			a := s.Report.Agent
			if a == nil {
				continue
			}
			known, bridged = true, bridged || a.Bridge != ""
			if !a.NotFiltered {
				continue
			}
			fs = append(fs, check.Finding{
				Severity: check.Error, Target: nodeRef(s.Node),
				Summary: fmt.Sprintf("pods on node %s cannot reach Services whose endpoint is on the same node: packets on bridge %s bypass "+
					"kube-proxy's rules", s.Node, a.Bridge),
				Cause: "net.bridge.bridge-nf-call-iptables is not 1, or the module br_netfilter is not loaded: calls of agents to webhooks, " +
					"aggregated APIs and DNS fail when the endpoint is on the agent's own node",
				Evidence: seenOn(s.Node, nil, cmdline.Program("sysctl", "net.bridge.bridge-nf-call-iptables")),
				Fixes: onNode(podhealth.Node{Name: s.Node}, "enable it, until the next reboot, and find what disabled it (see /etc/sysctl.d)",
					cmdline.Program("modprobe", "br_netfilter"), cmdline.Program("sysctl", "-w", "net.bridge.bridge-nf-call-iptables=1")),
			})
		}
		switch {
		case !known:
			p.Skip("no node reported on an agent")
		case !bridged:
			p.Skip("no bridge connects the agents' pods, or kube-proxy has no rules on their nodes")
		}
		return limited(fs, "node"), nil
	},
}
