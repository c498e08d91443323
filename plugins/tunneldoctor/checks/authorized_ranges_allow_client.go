package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AuthorizedRangesAllowClient finds a client outside the cluster's authorized IP ranges.
var AuthorizedRangesAllowClient = &check.Check{
	Code: "TUN0103",
	Name: "authorized-ranges-allow-client",
	Hop:  hopAPI,
	Doc: `the cluster's authorized IP ranges contain this client's address

With authorized IP ranges, the API server does not answer other addresses: connections time out. This client's public address is
that of its interface or, where that is a private one, the address from which you signed in to Azure.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges",
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/" +
			"cannot-access-cluster-api-server-using-authorized-ip-ranges",
	},
	After:    []*check.Check{ClusterRuns},
	Explains: true,
	Needs:    []check.Need{facts.APIServer, facts.AzureClusterState},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		info, api, err := azureCluster(p)
		ranges := info.Cluster.AuthorizedRanges
		switch {
		case err != nil || info.Off != "":
			return nil, err
		case len(ranges) == 0:
			p.Skip("the cluster has no authorized IP ranges")
			return nil, nil
		case !api.TimedOut:
			p.Skip("outside of authorized IP ranges connections time out, and this one fails in another way")
			return nil, nil
		case !info.Client.IsValid():
			return nil, fmt.Errorf("%s, and %s", noOthers(info.Cluster), info.ClientError)
		}
		address := netip.PrefixFrom(info.Client, info.Client.BitLen())
		if info.SignedIn && info.Client.Is6() {
			return nil, fmt.Errorf("%s, and this client's address is unknown: you signed in to Azure from %s", noOthers(info.Cluster), info.Client)
		}
		if allowed, err := authorized(info.Cluster, address); allowed || err != nil {
			return nil, err
		}
		whose, cause := "the address of this computer", noOthers(info.Cluster)
		if info.SignedIn {
			whose = "from which you signed in to Azure"
			cause = "if this client connects to the API server from the same address, that is why it gets no answer: " + cause
		}
		return clusterFinding(info,
			fmt.Sprintf("the authorized IP ranges of cluster %s do not contain %s, %s", topology.NameOf(info.Cluster.ID), info.Client, whose),
			cause, authorize(info.Cluster, address)), nil
	},
}

// authorized reports whether the cluster's authorized IP ranges contain the addresses. An error says that this is unknown.
func authorized(c facts.ManagedCluster, addresses netip.Prefix) (bool, error) {
	allowed, odd := c.Authorizes(addresses)
	if !allowed && len(odd) > 0 {
		return false, fmt.Errorf("whether the authorized IP ranges contain %s is unknown: they have %s", addresses, joinNames(odd))
	}
	return allowed, nil
}

// noOthers is the cause of a connection from outside the authorized IP ranges that gets no answer.
func noOthers(c facts.ManagedCluster) string {
	ranges := slices.DeleteFunc(slices.Clone(c.AuthorizedRanges), isPlaceholder)
	if len(ranges) == 0 {
		return "the API server answers only the cluster's own outbound addresses"
	}
	return "the API server answers only " + joinNames(ranges)
}

// isPlaceholder reports whether the range stands for none: only the cluster's own outbound addresses are authorized
// (https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges).
func isPlaceholder(authorized string) bool { return authorized == "0.0.0.0/32" }

// authorize returns the fix that adds the addresses to the authorized IP ranges.
func authorize(c facts.ManagedCluster, addresses ...netip.Prefix) check.Fix {
	all := slices.DeleteFunc(slices.Clone(c.AuthorizedRanges), isPlaceholder)
	for _, a := range addresses {
		all = append(all, a.String())
	}
	add := weakening(
		topology.FixBy("add what is missing to the authorized ranges, which this command sets as a whole; the change takes up to two minutes",
			id.AKS(c.ID, "update", "--api-server-authorized-ip-ranges", strings.Join(all, ","))),
		"it allows these addresses to reach the API server")
	add.Template = "apiServerAccessProfile.authorizedIPRanges (Bicep) or api_server_access_profile.authorized_ip_ranges (Terraform)"
	return add
}
