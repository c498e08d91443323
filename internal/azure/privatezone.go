package azure

import "context"

const zoneType = "Microsoft.Network/privateDnsZones"

// ZoneNetworks returns the IDs of the virtual networks that are linked to the private DNS zone: only their DNS knows its names
// (https://learn.microsoft.com/azure/dns/private-dns-virtual-network-links).
func ZoneNetworks(ctx context.Context, c *Client, zone string) ([]string, error) {
	if err := checkID(zone, zoneType); err != nil {
		return nil, err
	}
	links, err := list[struct {
		Properties struct {
			VirtualNetwork reference `json:"virtualNetwork"`
		} `json:"properties"`
	}](ctx, c, zone+"/virtualNetworkLinks", zoneVersion)
	if err != nil {
		return nil, err
	}
	networks := make([]string, len(links))
	for i, l := range links {
		networks[i] = l.Properties.VirtualNetwork.ID
	}
	return networks, nil
}
