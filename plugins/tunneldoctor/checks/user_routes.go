package checks

import (
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// KubeletRoutesAreDirect finds user-defined routes that take away the agents' packets to kubelets, or the replies.
var KubeletRoutesAreDirect = &check.Check{
	Code: "TUN0605",
	Name: "kubelet-routes-are-direct",
	Hop:  hopNetwork,
	Doc: `no user-defined route diverts the packets between the nodes

Unless --azure=off, the route tables of the subnets at both ends are read from Azure, and evaluated for the connections that failed,
in both directions. Packets between nodes reach each other directly, unless a route with a longer or equal prefix sends them to
an appliance or drops them.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview",
		"https://learn.microsoft.com/azure/aks/egress-outboundtype",
	},
	After:    []*check.Check{KubeletListens, KubeletHasServingCertificate, KubeletAnswers, SecurityGroupsAllowKubelets},
	Explains: true,
	Needs:    append([]check.Need{facts.AzureNetwork}, kubeletNeeds...),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return lostInAzure(p, func(info facts.AzureInfo, nodes facts.NodeList, path facts.BrokenPath) (*check.Finding, error) {
			d, err := detourBetween(info, nodes, path)
			if d == nil {
				return nil, err
			}
			target := fmt.Sprintf("%s:%d of node %s", path.To.IP, facts.KubeletPort, path.To.Name)
			return d.Finding(clientOf(path.From), target, "all traffic between the nodes"), nil
		})
	},
}

// detourBetween returns the route that takes away the packets of the path between the nodes or, on the way back, the replies. Packets to
// pods of an overlay or of kubenet are left out: Azure, or AKS's own routes, send them to their nodes.
func detourBetween(info facts.AzureInfo, nodes facts.NodeList, path facts.BrokenPath) (*topology.Detour, error) {
	from := nodes.Find(path.From.Node)
	if from == nil {
		return nil, fmt.Errorf("the address of node %s is unknown", path.From.Node)
	}
	there, err := info.Detour(from.Name, from.IP, path.To.IP)
	if there != nil || err != nil {
		return there, err
	}
	return info.Detour(path.To.Name, path.To.IP, from.IP)
}

// APIRoutesAreOpen finds user-defined routes that take away the agents' packets to the API server.
var APIRoutesAreOpen = &check.Check{
	Code: "TUN0312",
	Name: "api-routes-are-open",
	Hop:  hopEgress,
	Doc: `no user-defined route stops the packets to the API server

Unless --azure=off, the route table of the subnet is read from Azure, and evaluated for the connections that get no answer. Where a
route sends egress to an appliance, that must allow the agents' port to the API server.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview",
		"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress",
	},
	After:    []*check.Check{APINameResolves, PoliciesAllowAgentEgress, SecurityGroupsAllowAPI},
	Explains: true,
	Needs:    []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.LogAttempts, facts.AzureNetwork},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return apiLostInAzure(p, func(
			info facts.AzureInfo, nodes facts.NodeList, r facts.NodeReport, t facts.TunnelInfo,
		) (*check.Finding, error) {
			to, err := apiAddress(r, t)
			if err != nil {
				return nil, err
			}
			d, err := detourToAPI(info, nodes, r.Node, to)
			if d == nil {
				return nil, err
			}
			allow := fmt.Sprintf("%s %d to %s", protocolOf(t.Endpoint), t.Endpoint.Port, t.Endpoint.Host)
			return d.Finding(clientOf(r), endpoint(t), allow), nil
		})
	},
}

// detourToAPI is detourOf for packets from the node to the API server.
func detourToAPI(info facts.AzureInfo, nodes facts.NodeList, node string, to netip.Addr) (*topology.Detour, error) {
	n := nodes.Find(node)
	if n == nil {
		return nil, fmt.Errorf("the address of node %s is unknown", node)
	}
	d, err := info.Detour(node, n.IP, to)
	if d == nil || err != nil {
		return d, err
	}
	end, err := info.End(node, n.IP)
	if err == nil && end.Inside(to) && !d.Exact() {
		err = fmt.Errorf("%s, unless %s is a private endpoint, to which Azure has a route of its own", d.String(), to)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}
