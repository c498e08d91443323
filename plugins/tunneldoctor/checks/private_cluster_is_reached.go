package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// PrivateClusterIsReached finds a client outside the network of a private cluster.
var PrivateClusterIsReached = &check.Check{
	Code: "TUN0104",
	Name: "private-cluster-is-reached",
	Hop:  hopAPI,
	Doc: `a private cluster's API server is reached from this client's network

A private cluster's API server has an address of the virtual network only. Its name is in a private DNS zone, which the DNS of
linked virtual networks knows, and nobody else.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/private-clusters",
		"https://learn.microsoft.com/azure/aks/access-private-cluster",
	},
	After:    []*check.Check{ClusterRuns},
	Explains: true,
	Needs:    []check.Need{facts.APIServer, facts.AzureClusterState},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		info, api, err := azureCluster(p)
		switch {
		case err != nil || info.Off != "":
			return nil, err
		case !info.Cluster.Private:
			p.Skip("the cluster is not private")
			return nil, nil
		case !api.NoName && !api.TimedOut: // the address was reached
			return nil, nil
		}
		run := aks("without such a network, run kubectl in the cluster through Azure", info, "command invoke", "--command", "kubectl get nodes")
		name, zone := topology.NameOf(info.Cluster.ID), info.Cluster.PrivateZone
		unresolved := fmt.Sprintf("cluster %s is private, and this client's DNS does not know its API server", name)
		switch {
		case !api.NoName:
			return clusterFinding(info, fmt.Sprintf("cluster %s is private, and its API server's address does not answer this client", name),
				"this client has no route to the cluster's virtual network, or a firewall on the way drops the connection",
				fix("connect from the virtual network, from a peered one, or through a VPN or ExpressRoute connection to it"), run), nil
		case info.Server != "" && strings.EqualFold(info.Server, info.Cluster.FQDN):
			return clusterFinding(info, unresolved,
				"its name is in public DNS and has a private address; some resolvers discard such answers (DNS rebinding protection)",
				fix("allow private addresses for this name in your resolver, or use another one"), run), nil
		case zone == "":
			return clusterFinding(info, unresolved, "Azure does not say in which DNS zone its name is",
				fix("use the DNS servers that have it"), run), nil
		}
		linked := "could not read which virtual networks the zone is linked to: " + info.NetworksError
		switch {
		case info.NetworksError != "":
		case len(info.Networks) == 0:
			linked = "the zone is linked to no virtual network"
		default:
			names := make([]string, len(info.Networks))
			for i, n := range info.Networks {
				names[i] = topology.NameOf(n)
			}
			linked = "only the DNS of these virtual networks knows the zone: " + joinNames(names)
		}
		return clusterFinding(info,
			fmt.Sprintf("cluster %s is private, and this client's DNS does not know its private DNS zone %s", name, topology.NameOf(zone)), linked,
			fix("connect from a linked virtual network, or by a VPN whose DNS forwards the zone to 168.63.129.16 there"), run), nil
	},
}
