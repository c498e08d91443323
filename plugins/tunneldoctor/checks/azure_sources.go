package checks

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// sources returns the addresses that packets from the report's node may have on the way: the agent's, and its node's, by which nodes
// replace it in overlay networks and with kubenet (https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay,
// https://learn.microsoft.com/azure/aks/concepts-network-legacy-cni).
func sources(info facts.AzureInfo, from facts.NodeReport, nodes facts.NodeList) []netip.Addr {
	all := []netip.Addr{sourceIP(from, nodes)}
	if n := nodes.Find(from.Node); n != nil && n.IP != all[0] {
		if all = append(all, n.IP); strings.EqualFold(info.Cluster.NetworkPlugin, "kubenet") {
			all = all[1:]
		}
	}
	return slices.DeleteFunc(all, func(a netip.Addr) bool { return !a.IsValid() })
}

// allowNodes is what AKS requires between the nodes (https://learn.microsoft.com/azure/aks/concepts-network#network-security-groups).
var allowNodes = topology.Allowance{
	Title: "allow the traffic between the nodes before this rule", Name: "allow-aks-nodes", Ports: "*", Why: weakensAsRequired,
}

// allowAPI is what AKS requires to the port of the API server.
func allowAPI(port int) topology.Allowance {
	return topology.Allowance{
		Title: "allow the nodes' traffic to the API server before this rule", Name: "allow-aks-api", Ports: strconv.Itoa(port),
		Why: weakensAsRequired,
	}
}

const weakensAsRequired = "it allows what AKS requires and the rule denies"
