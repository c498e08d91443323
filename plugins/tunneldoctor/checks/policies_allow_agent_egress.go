package checks

import (
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// PoliciesAllowAgentEgress finds NetworkPolicies that cut off the agents.
var PoliciesAllowAgentEgress = &check.Check{
	Code: "TUN0301",
	Name: "policies-let-agents-out",
	Hop:  hopEgress,
	Doc: `the NetworkPolicies of kube-system allow the tunnel agents' egress to the API server

AKS creates one policy, konnectivity-agent, that allows all egress. Without it, a default-deny policy in kube-system cuts the
agents off. Policies of Calico and Cilium are not evaluated.`,
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
		if readyCount(agents) > 0 || len(alive) == 0 || len(policies) == 0 { // a connected agent outweighs any policy
			return nil, nil
		}
		if alive[0].HostNetwork {
			p.Skip("the agents use the host network, to which NetworkPolicies do not apply")
			return nil, nil
		}
		var addresses, servers, list []string
		if reports, err := facts.AgentNodeReports.Get(p); err == nil {
			for _, s := range reports.Items {
				if s.Report.API != nil {
					addresses, servers = append(addresses, s.Report.API.Addresses...), append(servers, s.Report.API.Nameservers...)
				}
			}
		}
		_, notName := netip.ParseAddr(t.Endpoint.Host)
		names := notName != nil && t.Endpoint.Host != "" && !facts.AllowDNS(policies, servers)
		if !names && facts.AllowEgress(policies, addresses) {
			return nil, nil
		}
		to := endpoint(t)
		if names {
			to = fmt.Sprintf("DNS (UDP port 53), by which they find %s,", t.Endpoint.Host)
		}
		for _, policy := range policies {
			list = append(list, system+"/"+policy.Name)
		}
		return []check.Finding{{
			Severity: check.Error,
			Target:   check.Ref{Kind: "networkpolicy", Namespace: system, Name: policies[0].Name},
			Summary:  fmt.Sprintf("egress of the tunnel agents to %s is denied by NetworkPolicy %s", to, joinNames(list)),
			Cause:    "egress that no policy allows is dropped once a policy selects the agents; no agent is connected",
			Fixes: []check.Fix{
				fix("exclude the agents from the policy, or allow their egress",
					cmdline.Kubectl("edit", "networkpolicy", policies[0].Name, "-n", system)),
				weakening(fix("delete the policy", cmdline.Kubectl("delete", "networkpolicy", policies[0].Name, "-n", system)),
					"it restricts no pod any more"),
			},
		}}, nil
	},
}
