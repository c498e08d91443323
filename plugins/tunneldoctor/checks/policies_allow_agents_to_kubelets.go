package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// PoliciesAllowAgentsToKubelets finds NetworkPolicies that let the agents out to the API server, and not to kubelets.
var PoliciesAllowAgentsToKubelets = &check.Check{
	Code: "TUN0504",
	Name: "policies-let-agents-reach-kubelets",
	Hop:  hopFirewall,
	Doc: `the NetworkPolicies of kube-system allow the tunnel agents' egress to kubelets

An agent needs port 443 of the API server and port 10250 of each node. A policy that lists only the first keeps it connected and
useless.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/custom-nsg-blocks-traffic"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   append([]check.Need{facts.AgentPolicies, facts.Agents}, kubeletNeeds...),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, broken, err := brokenPaths(p)
		if err != nil || len(broken) == 0 {
			return nil, nil //nolint:nilerr // the next checks report that
		}
		agents, err := facts.Agents.Get(p)
		if err != nil || len(agents.Items) == 0 || agents.Items[0].HostNetwork {
			return nil, err
		}
		policies, err := facts.AgentPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		for _, path := range broken {
			if path.From.Node == path.To.Name || facts.AllowKubelet(policies, path.To.IP) {
				continue
			}
			var names []string
			for _, policy := range policies {
				names = append(names, system+"/"+policy.Name)
			}
			return []check.Finding{{
				Severity: check.Error,
				Target:   check.Ref{Kind: "networkpolicy", Namespace: system, Name: policies[0].Name},
				Summary: fmt.Sprintf("NetworkPolicy %s denies the tunnel agents egress to port %d of node %s", joinNames(names), facts.KubeletPort,
					path.To.Name),
				Cause: "once a policy selects the agents, what none allows is dropped; the agents are connected, and reach no kubelet",
				Fixes: []check.Fix{fix("allow egress to TCP 10250 of the nodes in the policy",
					cmdline.Kubectl("edit", "networkpolicy", policies[0].Name, "-n", system))},
			}}, nil
		}
		return nil, nil
	},
}
