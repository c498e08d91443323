package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentNodesAreReady finds agents on nodes that do not report.
var AgentNodesAreReady = &check.Check{
	Code: "TUN0207",
	Name: "agent-nodes-are-ready",
	Hop:  hopAgents,
	Doc: `the nodes of the tunnel agents report to the control plane

An agent on a lost node still counts as a pod for minutes, so no replacement is created.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/#condition"},
	After:   []*check.Check{AgentsAreScheduled},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		var lost []agentProblem
		for _, a := range agents.Alive() {
			n := nodes.Find(a.Node)
			// the node of a Ready agent exists, even if it is not in the list
			if a.Node == "" || n != nil && !nodes.Down(*n) || n == nil && a.Ready() {
				continue
			}
			lost = append(lost, agentProblem{
				a, fmt.Sprintf("is on node %s, which does not report", a.Node),
				"the node's kubelet does not report; the agent may be lost with the node, or still be running",
			})
		}
		if len(lost) == 0 {
			return nil, nil
		}
		node := lost[0].agent.Node
		fs := agentFindings(agents, lost,
			fix("force-delete the agents on this node, so that others are created elsewhere",
				cmdline.Kubectl("delete", "pods", "-n", system, "--field-selector", "spec.nodeName="+node, "-l", agentSelector(p),
					"--grace-period=0", "--force")),
			fix("check the node's conditions and events", cmdline.Kubectl("describe", "node", node)),
		)
		fs[0].Severity = check.Warning
		others := slices.ContainsFunc(nodes.Items, func(n podhealth.Node) bool { return !nodes.Down(n) && !n.Simulated })
		if len(lost) == len(agents.Alive()) && others && allLogsFail(p) {
			fs[0].Severity = check.Error
		}
		return fs, nil
	},
}

// agentSelector returns the label selector of the agents.
func agentSelector(p *check.Pass) string {
	t, err := facts.Tunnel.Get(p)
	if err != nil {
		return "app=" + facts.Konnectivity
	}
	return t.Selector
}

// allLogsFail reports whether reading logs was tried and no attempt succeeded.
func allLogsFail(p *check.Pass) bool {
	attempts, err := facts.LogAttempts.Get(p)
	if err != nil {
		return false
	}
	failed := false
	for _, t := range attempts {
		if t.Succeeded > 0 {
			return false
		}
		failed = failed || len(t.Errors) > 0
	}
	return failed
}
