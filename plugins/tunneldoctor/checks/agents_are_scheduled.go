package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreScheduled is for agents without a node.
var AgentsAreScheduled = &check.Check{
	Code: "TUN0203",
	Name: "agents-are-scheduled",
	Hop:  hopAgents,
	Doc: `the tunnel's agents are scheduled to nodes

An agent without a node waits for one: none has room, or none fits what the pod asks for.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler"},
	After:   []*check.Check{AgentsAreMade},
	Needs:   []check.Need{facts.Tunnel, facts.Agents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		found := unready(agents, func(a facts.Agent) (string, string) {
			if c := a.Condition("PodScheduled"); c.Status == "False" {
				return "has no node: " + or(c.Message, c.Reason), "no node fits what the pod asks for, or none has room"
			}
			return "", ""
		})
		return aboutAgents(agents, found,
			check.Fix{Title: "give the agents a node that fits: see what they ask for", Commands: [][]string{kubectl("get", "deployment", t.Kind, "-n", system, "-o", "jsonpath={.spec.template.spec.nodeSelector}{.spec.template.spec.tolerations}")}},
			reconcile("let AKS set its Deployment as it was"),
		), nil
	},
}
