package checks

import (
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
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
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		taints := nodeTaints(p)
		found := problems(agents, func(a facts.Agent) (string, string) {
			if c := a.Condition("PodScheduled"); c.Status == "False" {
				return "is not scheduled: " + firstNonEmpty(c.Message, c.Reason), "no node meets the pod's requirements, or none has room" + taints
			}
			return "", ""
		})
		provide := fix("provide a node with what the agents require", cmdline.Kubectl("get", "deployment", t.Kind, "-n", system,
			"-o", "jsonpath={.spec.template.spec.nodeSelector}{.spec.template.spec.tolerations}"))
		if taints != "" {
			provide = fix("remove the taint from a node of the system pool, or add such a node without it",
				cmdline.Kubectl("get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints"))
		}
		return agentFindings(agents, found, provide,
			reconcileFix("reconcile the cluster to restore the Deployment"),
		), nil
	},
}

// nodeTaints continues a cause with the taints of nodes that keep agents away; empty: some node has none.
func nodeTaints(p *check.Pass) string {
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil {
		return ""
	}
	var names []string
	for _, n := range nodes.Items {
		if n.Simulated || n.OS == "windows" {
			continue
		}
		kept := taintsForAgents(n)
		if len(kept) == 0 {
			return ""
		}
		names = append(names, kept...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return ""
	}
	return "; every node has a taint besides CriticalAddonsOnly: " + strings.Join(names[:min(len(names), 4)], ", ")
}

// taintsForAgents returns the node's taints besides CriticalAddonsOnly, which the agents tolerate. Which others they tolerate is not read.
func taintsForAgents(n podhealth.Node) []string {
	return slices.DeleteFunc(slices.Clone(n.Taints), func(t string) bool { return strings.HasPrefix(t, "CriticalAddonsOnly") })
}
