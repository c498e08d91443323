package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsCanBeEvicted finds disruption budgets that prevent nodes from being drained.
var AgentsCanBeEvicted = &check.Check{
	Code: "TUN0903",
	Name: "agents-can-be-evicted",
	Hop:  hopCapacity,
	Doc: `the PodDisruptionBudget of the tunnel agents allows an eviction

While it allows none, nodes with agents cannot be drained, so upgrades of the cluster and its node pools stall.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/error-code-poddrainfailure"},
	After:   []*check.Check{AgentsAreCreated, AgentsAreScheduled},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentBudgets},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		budgets, err := facts.AgentBudgets.Get(p)
		if err != nil {
			return nil, err
		}
		if readyCount(agents) < len(agents.Alive()) {
			p.Skip("not-ready agents already use up the disruption budget; see their own findings")
			return nil, nil
		}
		for _, b := range budgets {
			if b.Allowed > 0 || b.Healthy == 0 || b.Healthy > b.Required {
				continue
			}
			return []check.Finding{{
				Severity: check.Warning, Target: check.Ref{Kind: "poddisruptionbudget", Namespace: system, Name: b.Name},
				Summary: fmt.Sprintf("PodDisruptionBudget kube-system/%s allows no eviction: it requires %s, and there are %d",
					b.Name, counted(b.Required, "healthy agent"), b.Healthy),
				Cause: "the budget is too strict, or there are too few agents; nodes with agents cannot be drained",
				Fixes: []check.Fix{
					fix("scale to one more agent",
						cmdline.Kubectl("scale", "-n", system, "deployment/"+t.Kind, fmt.Sprintf("--replicas=%d", b.Required+1))),
					reconcileFix("reconcile the cluster to restore the budget"),
				},
			}}, nil
		}
		return nil, nil
	},
}
