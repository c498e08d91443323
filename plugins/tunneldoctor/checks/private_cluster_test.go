package checks

import (
	"cmp"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// A name that does not exist outside of a private cluster's networks is explained by what its zone is linked to.
func TestPrivateNames(t *testing.T) {
	const networks = "/subscriptions/0/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/"
	const zone = "/subscriptions/0/resourceGroups/mc/providers/Microsoft.Network/privateDnsZones/c0ffee.privatelink.eastus.azmk8s.io"
	const fqdn, private = "lab.hcp.eastus.azmk8s.io", "lab.c0ffee.privatelink.eastus.azmk8s.io"
	for name, c := range map[string]struct {
		zone     string
		networks []string
		err      string
		want     string
		server   string // empty: private
	}{
		"linked":        {zone, []string{networks + "hub", networks + "spoke"}, "", "virtual networks knows the zone: hub, spoke", ""},
		"not linked":    {zone, nil, "", "the zone is linked to no virtual network", ""},
		"not readable":  {zone, nil, "missing Azure permission: x", "the zone is linked to: missing Azure permission: x", ""},
		"own DNS zones": {"", nil, "", "Azure does not say in which DNS zone its name is", ""},
		"public name":   {zone, nil, "", "some resolvers discard such answers", fqdn},
	} {
		r := alone(t, PrivateClusterIsReached, gathered{
			facts.APIServer.Name: facts.API{Server: "https://x", Error: "no such host", NoName: true},
			facts.AzureClusterState.Name: facts.AzureCluster{
				Cluster:  azure.Cluster{ID: "/x/lab", FQDN: fqdn, PrivateFQDN: private, Private: true, PrivateZone: c.zone},
				Networks: c.networks, NetworksError: c.err, Server: cmp.Or(c.server, private),
			},
		})
		if r.Status != check.Fail || len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Cause, c.want) {
			t.Errorf("%s: %s %+v", name, r.Status, r.Findings)
		}
	}
}
