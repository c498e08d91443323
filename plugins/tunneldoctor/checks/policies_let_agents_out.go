package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// PoliciesLetAgentsOut is for agents that a NetworkPolicy cuts off.
var PoliciesLetAgentsOut = &check.Check{
	Code: "TUN0301",
	Name: "policies-let-agents-out",
	Hop:  hopEgress,
	Doc: `the NetworkPolicies of kube-system let the tunnel's agents out to the API server

AKS makes one policy, konnectivity-agent, that allows all egress. A default-deny policy in kube-system without it cuts the
agents off. Policies of Calico or Cilium are not looked at.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/custom-nsg-blocks-traffic"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentPolicies, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		policies, err := facts.AgentPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		alive := agents.Alive()
		if ready(agents) > 0 || len(alive) == 0 || len(policies) == 0 { // that agents are connected outranks what policies say
			return nil, nil
		}
		if alive[0].HostNetwork {
			p.Skip("the agents use their node's network, for which no NetworkPolicy holds")
			return nil, nil
		}
		var addresses, list []string
		if sides, err := facts.AgentNodeReports.Get(p); err == nil {
			for _, s := range sides.Items {
				if s.Report.API != nil {
					addresses = append(addresses, s.Report.API.Addresses...)
				}
			}
		}
		if facts.Lets(policies, addresses) {
			return nil, nil
		}
		for _, policy := range policies {
			list = append(list, policy.Name)
		}
		return []check.Finding{{
			Severity: check.Error,
			Target:   check.Ref{Kind: "networkpolicy", Namespace: system, Name: list[0]},
			Summary:  fmt.Sprintf("NetworkPolicy %s selects the tunnel's agents and lets them out to no address of %s", names(list), endpoint(t)),
			Cause:    "egress that no policy allows is dropped, and the agents are not connected",
			Fixes: []check.Fix{
				{Title: "leave the agents out of the policy, or let them out", Commands: [][]string{kubectl("edit", "networkpolicy", list[0], "-n", system)}},
				{Title: "remove the policy", Commands: [][]string{kubectl("delete", "networkpolicy", list[0], "-n", system)}},
			},
		}}, nil
	},
}
