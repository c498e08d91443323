package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsCanBeEvicted is for budgets that keep nodes from being drained.
var AgentsCanBeEvicted = &check.Check{
	Code: "TUN0903",
	Name: "agents-can-be-evicted",
	Hop:  hopCapacity,
	Doc: `the PodDisruptionBudget of the tunnel's agents lets one of them be evicted

While it lets none, the nodes with agents cannot be drained, so upgrades of the cluster and its node pools stop there.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/error-code-poddrainfailure"},
	After:   []*check.Check{AgentsAreMade, AgentsAreScheduled},
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
		if ready(agents) < len(agents.Alive()) {
			p.Skip("agents that are not ready use the budget up, and are blamed themselves")
			return nil, nil
		}
		for _, b := range budgets {
			if b.Allowed > 0 || b.Healthy == 0 || b.Healthy > b.Wanted {
				continue
			}
			return []check.Finding{{
				Severity: check.Warning, Target: check.Ref{Kind: "poddisruptionbudget", Namespace: system, Name: b.Name},
				Summary: fmt.Sprintf("PodDisruptionBudget %s wants %d healthy agents and there are %d: none may be evicted", b.Name, b.Wanted, b.Healthy),
				Cause:   "nodes with agents cannot be drained: the budget is too large, or there are too few agents",
				Fixes: []check.Fix{
					{Title: "ask for one agent more", Commands: [][]string{kubectl("scale", "-n", system, "deployment/"+t.Kind, fmt.Sprintf("--replicas=%d", b.Wanted+1))}},
					reconcile("let AKS set the budget as it was"),
				},
			}}, nil
		}
		return nil, nil
	},
}
