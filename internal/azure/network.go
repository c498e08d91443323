package azure

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/akstools/akstools/internal/azure/topology"
)

// Subnet and Network are a virtual network.
type (
	Subnet  = topology.Subnet
	Network = topology.Network
)

const (
	networkType = "Microsoft.Network/virtualNetworks"
	subnetType  = networkType + "/subnets"
)

// NetworkOf returns the virtual network of the subnet.
func NetworkOf(ctx context.Context, c *Client, subnet string) (Network, error) {
	if err := checkID(subnet, subnetType); err != nil {
		return Network{}, err
	}
	id, err := arm.ParseResourceID(subnet)
	if err != nil {
		return Network{}, err
	}
	var raw virtualNetwork
	if err := c.get(ctx, id.Parent.String(), networkVersion, &raw); err != nil {
		return Network{}, err
	}
	return raw.network(), nil
}

// virtualNetwork is the part of Resource Manager's answer that is used
// (https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/get).
type virtualNetwork struct {
	ID         string `json:"id"`
	Properties struct {
		AddressSpace struct {
			AddressPrefixes []string `json:"addressPrefixes"`
		} `json:"addressSpace"`
		Subnets []struct {
			ID         string `json:"id"`
			Name       string `json:"name"`
			Properties struct {
				AddressPrefix        string    `json:"addressPrefix"`
				AddressPrefixes      []string  `json:"addressPrefixes"`
				NetworkSecurityGroup reference `json:"networkSecurityGroup"`
				RouteTable           reference `json:"routeTable"`
				NATGateway           reference `json:"natGateway"`
				ServiceEndpoints     []struct {
					Service string `json:"service"`
				} `json:"serviceEndpoints"`
			} `json:"properties"`
		} `json:"subnets"`
		VirtualNetworkPeerings []struct {
			Properties struct {
				PeeringState       string `json:"peeringState"`
				AllowAccess        *bool  `json:"allowVirtualNetworkAccess"`
				UseRemoteGateways  bool   `json:"useRemoteGateways"`
				RemoteAddressSpace struct {
					AddressPrefixes []string `json:"addressPrefixes"`
				} `json:"remoteAddressSpace"`
			} `json:"properties"`
		} `json:"virtualNetworkPeerings"`
	} `json:"properties"`
}

func (v virtualNetwork) network() Network {
	n := Network{ID: v.ID, Prefixes: prefixes(v.Properties.AddressSpace.AddressPrefixes)}
	for _, s := range v.Properties.Subnets {
		p := s.Properties
		n.Gateway = n.Gateway || strings.EqualFold(s.Name, "GatewaySubnet") || strings.EqualFold(s.Name, "RouteServerSubnet")
		subnet := Subnet{
			ID: s.ID, Prefixes: plural(p.AddressPrefix, p.AddressPrefixes), Group: p.NetworkSecurityGroup.ID, RouteTable: p.RouteTable.ID,
			NATGateway: p.NATGateway.ID,
		}
		for _, e := range p.ServiceEndpoints {
			subnet.ServiceEndpoints = append(subnet.ServiceEndpoints, e.Service)
		}
		n.Subnets = append(n.Subnets, subnet)
	}
	for _, peering := range v.Properties.VirtualNetworkPeerings {
		if p := peering.Properties; strings.EqualFold(p.PeeringState, "Connected") && (p.AllowAccess == nil || *p.AllowAccess) {
			n.Peers = append(n.Peers, prefixes(p.RemoteAddressSpace.AddressPrefixes)...)
			n.Gateway = n.Gateway || p.UseRemoteGateways
		}
	}
	return n
}

// prefixes returns those of the texts that are prefixes.
func prefixes(texts []string) (found []netip.Prefix) {
	for _, t := range texts {
		if p, err := netip.ParsePrefix(t); err == nil {
			found = append(found, p.Masked())
		}
	}
	return found
}

// plural returns the values of a property that Azure has in the singular and in the plural.
func plural(one string, many []string) []string {
	if one == "" {
		return many
	}
	return append([]string{one}, many...)
}

// checkID returns an error unless id is the ID of a resource of the type: it comes from another answer, and is sent back as a path.
func checkID(id, kind string) error {
	r, err := arm.ParseResourceID(id)
	if err != nil || !strings.EqualFold(r.ResourceType.String(), kind) {
		return &Error{Reason: Refused, Text: fmt.Sprintf("%.300q is not the ID of a resource of type %s", id, kind)}
	}
	return nil
}
