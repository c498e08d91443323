package checks

import (
	"net/netip"
	"testing"

	readers "github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TestFirewalls holds what a firewall makes of a cluster with the pools a, in the user's subnet, and b, in the subnet that AKS made.
func TestFirewalls(t *testing.T) {
	const group = "/subscriptions/s/resourceGroups/g/providers/"
	const own, made = group + "Microsoft.Network/virtualNetworks/n/subnets/a", "/subscriptions/s/resourceGroups/mc/providers/" +
		"Microsoft.Network/virtualNetworks/aks-vnet/subnets/aks-subnet"
	outbound := []netip.Prefix{netip.MustParsePrefix("203.0.113.50/32")}
	ranges := func(list ...string) (all []netip.Prefix) {
		for _, text := range list {
			all = append(all, netip.MustParsePrefix(text))
		}
		return all
	}
	known := []facts.PoolEgress{{Pool: "a", Subnet: own, Addresses: outbound}, {Pool: "b", Addresses: outbound}}
	unknown := []facts.PoolEgress{{Pool: "a", Subnet: own, Unknown: "an appliance"}, {Pool: "b", Unknown: "an appliance"}}
	endpoint := []facts.PoolEgress{
		{Pool: "a", Subnet: own, Services: []string{"Microsoft.KeyVault"}, Addresses: outbound}, {Pool: "b", Addresses: outbound},
	}
	vault := func(n readers.TargetNetwork) *readers.TargetNetwork {
		n.Rules, n.Filtered, n.Service, n.Location = true, true, "Microsoft.KeyVault", "eastus"
		return &n
	}
	account := func(n readers.TargetNetwork) *readers.TargetNetwork {
		n.Rules, n.Filtered, n.Service = true, true, storage
		return &n
	}
	approved, pending := []readers.PrivateEndpoint{{State: "Approved"}}, []readers.PrivateEndpoint{{State: "Pending"}}
	for name, c := range map[string]struct {
		network *readers.TargetNetwork
		egress  []facts.PoolEgress
		want    check.Status
	}{
		"an earlier bundle":     {nil, nil, check.Skip},
		"open":                  {&readers.TargetNetwork{Rules: true, Public: "Enabled"}, nil, check.Passed},
		"rules elsewhere":       {&readers.TargetNetwork{Public: "Enabled"}, nil, check.Skip},
		"a perimeter":           {&readers.TargetNetwork{Rules: true, Public: "SecuredByPerimeter"}, nil, check.Unknown},
		"closed":                {&readers.TargetNetwork{Public: "disabled"}, nil, check.Fail},
		"closed, with endpoint": {&readers.TargetNetwork{Public: "Disabled", Endpoints: approved}, nil, check.Passed},
		"closed, with pending":  {&readers.TargetNetwork{Public: "Disabled", Endpoints: pending}, nil, check.Fail},
		"in a network":          {&readers.TargetNetwork{Public: "Disabled", Integrated: true}, nil, check.Skip},
		"no rule":               {vault(readers.TargetNetwork{}), unknown, check.Fail},
		"no rule, but endpoint": {vault(readers.TargetNetwork{Endpoints: approved}), unknown, check.Passed},
		"both subnets":          {vault(readers.TargetNetwork{Subnets: []string{own, made}}), nil, check.Passed},
		"one subnet":            {vault(readers.TargetNetwork{Subnets: []string{made}}), known, check.Warn},
		"one subnet, rest unknown": {
			vault(readers.TargetNetwork{Subnets: []string{made}, Ranges: ranges("198.51.100.0/24")}), unknown, check.Unknown,
		},
		"the address":              {vault(readers.TargetNetwork{Ranges: ranges("203.0.113.0/24")}), known, check.Passed},
		"another address":          {vault(readers.TargetNetwork{Ranges: ranges("198.51.100.0/24")}), known, check.Fail},
		"addresses unknown":        {vault(readers.TargetNetwork{Ranges: ranges("203.0.113.0/24")}), unknown, check.Unknown},
		"a service endpoint":       {vault(readers.TargetNetwork{Ranges: ranges("203.0.113.0/24")}), endpoint, check.Warn},
		"an odd rule":              {vault(readers.TargetNetwork{Odd: []string{"x"}}), known, check.Unknown},
		"an account of the region": {account(readers.TargetNetwork{Location: "eastus", Ranges: ranges("203.0.113.0/24")}), known, check.Fail},
		"an account of another":    {account(readers.TargetNetwork{Location: "westus", Ranges: ranges("203.0.113.0/24")}), known, check.Passed},
	} {
		env := &facts.Env{}
		fact.Put(env, facts.Connection, facts.ConnectionInfo{Name: "db", Namespace: "shop"})
		fact.Put(env, facts.AzureCluster, facts.ClusterInAzure{Cluster: facts.ManagedCluster{
			ID: group + "Microsoft.ContainerService/managedClusters/c", NodeGroup: "mc", Location: "East US",
			Pools: []topology.NodePool{{Name: "a", Subnet: own}, {Name: "b"}},
		}})
		fact.Put(env, facts.AzureConnections, facts.ConnectionsInAzure{Items: []facts.ConnectionInAzure{
			{Name: "db", Namespace: "shop", Target: group + "x/y/z", AuthType: "userAssignedIdentity"},
		}})
		fact.Put(env, facts.AzureTarget, facts.TargetInAzure{
			Target: readers.Target{ID: group + "x/y/z", Type: "x/y", Exists: true, Network: c.network},
		})
		fact.Put(env, facts.AzureEgress, facts.EgressInAzure{Pools: c.egress})
		one := *TargetAllowsCluster
		one.After = nil
		if got := check.Run(t.Context(), []*check.Check{&one}, env, nil)[0]; got.Status != c.want {
			t.Errorf("%s: %s %+v, want %s", name, got.Status, got, c.want)
		}
	}
}
