package checks

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// SecurityGroupsAllowAPI finds the rules of network security groups that deny the agents' connections to the API server.
var SecurityGroupsAllowAPI = &check.Check{
	Code: "TUN0311",
	Name: "security-groups-allow-api",
	Hop:  hopEgress,
	Doc: `network security groups allow the agents' connections to the API server

Unless --azure=off, the network security groups of the NIC and the subnet are read from Azure, and evaluated for the connections
that get no answer. Konnectivity needs outbound TCP 443 to the API server, tunnelfront TCP 9000, and aks-link UDP 1194.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress",
		"https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
	},
	After:    []*check.Check{APINameResolves, PoliciesAllowAgentEgress},
	Explains: true,
	Needs:    []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.LogAttempts, facts.AzureNetwork},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return apiLostInAzure(p, func(
			info facts.AzureInfo, nodes facts.NodeList, r facts.NodeReport, t facts.TunnelInfo,
		) (*check.Finding, error) {
			v, err := deniedAPI(info, nodes, r, t)
			if v == nil {
				return nil, err
			}
			return v.Finding(clientOf(r), allowAPI(t.Endpoint.Port)), nil
		})
	},
}

// apiLostInAzure returns the first that find finds about the agents' connections to the API server that get no answer. If it finds
// nothing, its errors say what is unknown.
func apiLostInAzure(
	p *check.Pass, find func(facts.AzureInfo, facts.NodeList, facts.NodeReport, facts.TunnelInfo) (*check.Finding, error),
) ([]check.Finding, error) {
	t, agents, lost, err := withoutAPI(p)
	if err != nil {
		return nil, err
	}
	info, err := azureInfo(p, len(lost) > 0)
	if err != nil || info.Off != "" {
		return nil, err
	}
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil {
		return nil, err
	}
	var unknown []error
	for _, r := range lost {
		f, err := find(info, nodes, r, t)
		if f != nil {
			return egressFinding(agents, r.Node, f.Summary, f.Cause, f.Evidence, f.Fixes...), nil
		}
		unknown = append(unknown, err)
	}
	return nil, check.Distinct(unknown)
}

// withoutAPI returns what withAPIState returns, with only the reports of nodes whose connections to the API server get no answer,
// although their own firewalls are not known to block them.
func withoutAPI(p *check.Pass) (t facts.TunnelInfo, agents facts.AgentList, lost []facts.NodeReport, err error) {
	t, agents, reports, err := withAPIState(p)
	for _, r := range reports {
		if v, _ := evaluateAPIEgress(r, r.Report.API.Addresses, t.Endpoint); r.LosesAPI() && !v.Blocked() {
			lost = append(lost, r)
		}
	}
	return t, agents, lost, err
}

// apiAddress returns the address to which the node's agents connect.
func apiAddress(from facts.NodeReport, t facts.TunnelInfo) (netip.Addr, error) {
	if len(from.Report.API.Addresses) == 0 {
		return netip.Addr{}, fmt.Errorf("the addresses of %s are unknown", endpoint(t))
	}
	to, err := netip.ParseAddr(from.Report.API.Addresses[0])
	if err != nil {
		return to, fmt.Errorf("the address of %s: %w", endpoint(t), err)
	}
	return to, nil
}

// deniedAPI is deniedFlow for the agents' connection from the node to the API server.
func deniedAPI(info facts.AzureInfo, nodes facts.NodeList, from facts.NodeReport, t facts.TunnelInfo) (*topology.Verdict, error) {
	to, err := apiAddress(from, t)
	if err != nil {
		return nil, err
	}
	return deniedFlow(info, nodes, from, topology.Flow{
		Protocol: strings.ToLower(protocolOf(t.Endpoint)), Destination: to, Port: uint16(t.Endpoint.Port), //nolint:gosec // a port
	})
}
