package checks

import (
	"fmt"
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
		taints, unready := nodeTaints(p), noneReady(p)
		found := problems(agents, func(a facts.Agent) (string, string) {
			if c := a.Condition("PodScheduled"); c.Status == "False" {
				return "is not scheduled: " + firstNonEmpty(c.Message, c.Reason),
					firstNonEmpty(unready, "no node meets the pod's requirements, or none has room"+taints)
			}
			return "", ""
		})
		provide := fix("provide a node with what the agents require", cmdline.Kubectl("get", "deployment", t.Kind, "-n", system,
			"-o", "jsonpath={.spec.template.spec.nodeSelector}{.spec.template.spec.tolerations}"))
		switch {
		case unready != "":
			provide = fix("see why the nodes are not Ready: Kubernetes takes the taint away when they are", cmdline.Kubectl("describe", "nodes"))
		case taints != "":
			provide = fix("remove the taint from a node of the system pool, or add such a node without it",
				cmdline.Kubectl("get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints"))
		}
		return agentFindings(agents, found, provide,
			reconcileFix("reconcile the cluster to restore the Deployment"),
		), nil
	},
}

// noneReady is the cause that no node takes pods because none is Ready, as the first of them tells; empty: some node is.
func noneReady(p *check.Pass) string {
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil {
		return ""
	}
	first := ""
	for _, n := range nodes.Items {
		switch {
		case n.Simulated || n.OS == "windows":
		case !nodes.Down(n):
			return ""
		case first == "":
			first = fmt.Sprintf("no node is Ready, such as %s: %s", n.Name, firstNonEmpty(n.Ready.Message, n.Ready.Reason, "it does not report"))
		}
	}
	return first
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
