package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreEnough finds clusters with too few agents for their nodes.
var AgentsAreEnough = &check.Check{
	Code: "TUN0901",
	Name: "agents-are-enough",
	Hop:  hopCapacity,
	Doc: `the tunnel has as many agents as its autoscaler's ladder requires, and more than one

With a single agent, each restart is an outage. Too few agents for the number of nodes can run out of memory.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsAreCreated},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, _, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		if t.Kind != facts.Konnectivity {
			p.Skip("%s has one agent by design", t.Kind)
			return nil, nil
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		count := 0 // the autoscaler counts schedulable nodes
		for _, n := range nodes.Items {
			if !n.Unschedulable {
				count++
			}
		}
		wanted := t.RequiredAgents(count)
		if wanted == 0 && len(nodes.Items) > 1 {
			wanted = 2
		}
		if int(t.Replicas) >= wanted {
			return nil, nil
		}
		return []check.Finding{{
			Severity: check.Warning, Target: deploymentRef(t),
			Summary: fmt.Sprintf("Deployment kube-system/%s has %s for %s; expected at least %d",
				t.Kind, counted(t.Replicas, "replica"), counted(len(nodes.Items), "node"), wanted),
			Cause: "it was scaled by hand, or its autoscaler is not running",
			Fixes: []check.Fix{
				fix("check whether the autoscaler is running", cmdline.Kubectl("get", "deployment", t.Kind+"-autoscaler", "-n", system)),
				fix("scale it up", cmdline.Kubectl("scale", "-n", system, "deployment/"+t.Kind, fmt.Sprintf("--replicas=%d", wanted))),
			},
		}}, nil
	},
}

// AgentsAreSpread finds agents that are all on one node.
var AgentsAreSpread = &check.Check{
	Code: "TUN0902",
	Name: "agents-are-spread",
	Hop:  hopCapacity,
	Doc: `the tunnel agents are on more than one node

If all agents are on one node, the tunnel fails with that node. Nodes with taints that keep agents away do not count.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsAreScheduled},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		usable := 0
		for _, n := range nodes.Items {
			if nodes.Usable(n) && len(taintsForAgents(n)) == 0 {
				usable++
			}
		}
		alive := agents.Alive()
		if len(alive) < 2 || usable < 2 {
			return nil, nil
		}
		for _, a := range alive {
			if a.Node != alive[0].Node {
				return nil, nil
			}
		}
		return []check.Finding{{
			Severity: check.Warning, Target: deploymentRef(t),
			Summary: fmt.Sprintf("all %d tunnel agents are on node %s", len(alive), alive[0].Node),
			Cause:   "if that node fails, the tunnel fails with it",
			Fixes:   []check.Fix{restartFix(t)},
		}}, nil
	},
}
