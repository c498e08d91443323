package facts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// PoolEgress is from where connections of a node pool's pods come.
type PoolEgress struct {
	Pool   string `json:"pool"`
	Subnet string `json:"subnet,omitempty"` // the ID of the pods' subnet; empty: AKS made it
	// Services are the service endpoints of the subnet: these services see its private addresses.
	Services []string `json:"services,omitempty"`
	// Addresses are the public ones that other servers see, unless Unknown is why they are not known.
	Addresses []netip.Prefix `json:"addresses,omitempty"`
	Unknown   string         `json:"unknown,omitempty"`
}

// EgressInAzure is from where the cluster's connections come.
type EgressInAzure struct {
	AzureIs
	Pools []PoolEgress `json:"pools,omitempty"`
}

// AzureEgress is read only if the target has a firewall that allows none of the cluster's subnets.
var AzureEgress = &Fact[EgressInAzure]{
	Name:    "azure-egress",
	Needs:   []check.Need{AzureTarget, AzureCluster},
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (EgressInAzure, []check.Evidence, error) {
		t, err := AzureTarget.From(ctx, e)
		if err != nil || t.Off != "" {
			return EgressInAzure{AzureIs: t.AzureIs}, nil, err
		}
		n := t.Target.Network
		s := e.azure(ctx)
		if n == nil || n.Closed() || !n.Filtered || AllowsPools(*n, s.cluster) == len(s.cluster.Pools) {
			return EgressInAzure{AzureIs: AzureIs{"the firewall of the target does not depend on the cluster's addresses"}}, nil, nil
		}
		var seen []check.Evidence
		for _, pool := range s.cluster.Pools {
			network, _, ok := strings.Cut(pool.Sources(), "/subnets/")
			shown := check.Evidence{Source: cmdline.Az("network", "vnet", "show", "--ids", network)}
			if ok && !slices.ContainsFunc(seen, func(e check.Evidence) bool { return e.Source.Equal(shown.Source) }) {
				seen = append(seen, shown)
			}
		}
		hidden := HidesAddresses(*n, s.cluster)
		for _, ip := range s.cluster.Outbound {
			if !hidden {
				seen = append(seen, check.Evidence{Source: cmdline.Az("network", "public-ip", "show", "--ids", ip)})
			}
		}
		egress, err := fact.Cached(e.Shared, fmt.Sprint("egress of the cluster, without addresses: ", hidden), func() (EgressInAzure, error) {
			return egressOf(ctx, s.client, s.cluster, hidden), nil
		})
		return egress, seen, err
	},
}

// AllowsPools returns of how many node pools of the cluster the rules for subnets allow the pods.
func AllowsPools(n azure.TargetNetwork, c ManagedCluster) (allowed int) {
	for _, pool := range c.Pools {
		if AllowsPool(n, c, pool.Sources()) {
			allowed++
		}
	}
	return allowed
}

// AllowsPool reports whether a rule allows the subnet. Where AKS made that, its name is not known, but it is in the node resource group.
func AllowsPool(n azure.TargetNetwork, c ManagedCluster, subnet string) bool {
	return slices.ContainsFunc(n.Subnets, func(allowed string) bool {
		if subnet != "" {
			return azure.Same(allowed, subnet)
		}
		subscription, _, _ := strings.Cut(strings.ToLower(c.ID), "/resourcegroups/")
		return c.NodeGroup != "" && strings.HasPrefix(strings.ToLower(allowed),
			strings.ToLower(subscription+"/resourceGroups/"+c.NodeGroup+"/providers/Microsoft.Network/virtualNetworks/"))
	})
}

// HidesAddresses reports whether the target does not see the cluster's public addresses, because it is a storage account of its region
// (https://learn.microsoft.com/azure/storage/common/storage-network-security-limitations).
func HidesAddresses(n azure.TargetNetwork, c ManagedCluster) bool {
	return n.Service == "Microsoft.Storage" && sameRegion(n, c)
}

// ServiceEndpoint returns the name of the service endpoints by which the cluster's subnets can connect to the target; empty: there are
// none, or they are for subnets of another region
// (https://learn.microsoft.com/azure/azure-sql/database/vnet-service-endpoint-rule-overview).
func ServiceEndpoint(n azure.TargetNetwork, c ManagedCluster) string {
	if n.Regional && !sameRegion(n, c) {
		return ""
	}
	return n.Service
}

// sameRegion reports whether the target is in the cluster's region.
func sameRegion(n azure.TargetNetwork, c ManagedCluster) bool {
	return n.Location == strings.ToLower(strings.ReplaceAll(c.Location, " ", ""))
}

// Seen returns those of the addresses that the target's firewall knows: not all know IPv6.
func Seen(n azure.TargetNetwork, addresses []netip.Prefix) []netip.Prefix {
	if !n.OnlyIPv4 {
		return addresses
	}
	return slices.DeleteFunc(slices.Clone(addresses), func(p netip.Prefix) bool { return !p.Addr().Is4() })
}

// errHidden is why addresses are not known that do not matter.
var errHidden = errors.New("the target does not see it")

// egressOf returns from where connections of the pools come, without addresses if they are hidden from the target.
func egressOf(ctx context.Context, c *azure.Client, cluster ManagedCluster, hidden bool) (all EgressInAzure) {
	var own []netip.Prefix
	ownErr := errHidden
	if !hidden {
		own, ownErr = azure.PublicAddresses(ctx, c, cluster.Outbound)
	}
	for _, pool := range cluster.Pools {
		p := PoolEgress{Pool: pool.Name, Subnet: pool.Sources()}
		i := slices.IndexFunc(all.Pools, func(other PoolEgress) bool { return azure.Same(other.Subnet, p.Subnet) })
		var subnet *azure.Subnet
		var err error
		switch {
		case pool.Public:
			p.Unknown = "each node of pool " + pool.Name + " has a public address of its own"
		case i >= 0:
			p.Services, p.Addresses, p.Unknown = all.Pools[i].Services, all.Pools[i].Addresses, all.Pools[i].Unknown
		default:
			if p.Subnet != "" {
				subnet, err = subnetOf(ctx, c, p.Subnet)
			}
			if err == nil {
				err = p.leave(ctx, c, cluster, subnet, own, ownErr)
			}
			if err != nil {
				p.Unknown = err.Error()
			}
		}
		all.Pools = append(all.Pools, p)
	}
	return all
}

func subnetOf(ctx context.Context, c *azure.Client, id string) (*azure.Subnet, error) {
	network, err := azure.NetworkOf(ctx, c, id)
	if err != nil {
		return nil, err
	}
	s := network.Find(id)
	if s == nil {
		return nil, fmt.Errorf("subnet %s does not exist", id)
	}
	return s, nil
}

// leave sets by which addresses packets of the subnet, nil if AKS made it, leave. own are the addresses that the cluster names
// (https://learn.microsoft.com/azure/aks/egress-outboundtype).
func (p *PoolEgress) leave(
	ctx context.Context, c *azure.Client, cluster topology.Cluster, subnet *azure.Subnet, own []netip.Prefix, ownErr error,
) (err error) {
	if subnet != nil {
		p.Services = subnet.ServiceEndpoints
	}
	kind := strings.ToLower(cluster.OutboundType)
	switch {
	case errors.Is(ownErr, errHidden):
		return ownErr
	case subnet != nil && subnet.NATGateway != "":
		p.Addresses, err = azure.NATGatewayEgress(ctx, c, subnet.NATGateway)
	case subnet != nil && subnet.RouteTable != "":
		return fmt.Errorf("the route table of subnet %s may lead to a firewall; it is not read", subnet.ID)
	case kind != "loadbalancer" && !strings.HasPrefix(kind, "managednatgateway"):
		return fmt.Errorf("the outbound type of the cluster is %s, and no NAT gateway tells the address", cluster.OutboundType)
	default:
		p.Addresses, err = own, ownErr
	}
	if err == nil && len(p.Addresses) == 0 {
		err = errors.New("the cluster names no outbound address")
	}
	return err
}
