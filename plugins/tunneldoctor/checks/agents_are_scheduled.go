package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreScheduled finds pending agents.
var AgentsAreScheduled = &check.Check{
	Code: "TUN0203",
	Name: "agents-are-scheduled",
	Hop:  hopAgents,
	Doc: `the tunnel agents are scheduled to nodes

A pending agent waits for a node: none has room, or none meets the pod's requirements.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler"},
	After:   []*check.Check{AgentsAreCreated},
	Needs:   []check.Need{facts.Tunnel, facts.Agents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		found := problems(agents, func(a facts.Agent) (string, string) {
			if c := a.Condition("PodScheduled"); c.Status == "False" {
				return "is not scheduled: " + firstNonEmpty(c.Message, c.Reason), "no node meets the pod's requirements, or none has room"
			}
			return "", ""
		})
		return agentFindings(agents, found,
			fix("provide a node with what the agents require", cmdline.Kubectl("get", "deployment", t.Kind, "-n", system,
				"-o", "jsonpath={.spec.template.spec.nodeSelector}{.spec.template.spec.tolerations}")),
			reconcileFix("reconcile the cluster to restore the Deployment"),
		), nil
	},
}
