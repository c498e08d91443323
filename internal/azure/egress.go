package azure

import (
	"context"
	"net/netip"
	"slices"
)

// Firewall is an Azure Firewall.
type Firewall struct {
	ID string `json:"id"`
	// Private are its addresses in virtual networks, to which routes lead.
	Private []netip.Addr   `json:"private,omitempty"`
	public  []string       // the IDs of its public addresses
	hub     []netip.Prefix // its public addresses in a Virtual WAN hub
}

// Firewalls returns the firewalls of the client's subscription.
func Firewalls(ctx context.Context, c *Client) ([]Firewall, error) {
	// https://learn.microsoft.com/rest/api/virtualnetwork/azure-firewalls/list-all
	all, err := list[struct {
		ID         string `json:"id"`
		Properties struct {
			HubIPAddresses struct { // of a firewall in a Virtual WAN hub
				PrivateIPAddress string `json:"privateIPAddress"`
				PublicIPs        struct {
					Addresses []struct {
						Address string `json:"address"`
					} `json:"addresses"`
				} `json:"publicIPs"`
			} `json:"hubIPAddresses"`
			IPConfigurations []struct {
				Properties struct {
					PrivateIPAddress string    `json:"privateIPAddress"`
					PublicIPAddress  reference `json:"publicIPAddress"`
				} `json:"properties"`
			} `json:"ipConfigurations"`
		} `json:"properties"`
	}](ctx, c, "/subscriptions/"+c.Subscription+"/providers/Microsoft.Network/azureFirewalls", networkVersion)
	if err != nil {
		return nil, err
	}
	firewalls := make([]Firewall, len(all))
	for i, raw := range all {
		f := Firewall{ID: raw.ID}
		for _, ip := range raw.Properties.IPConfigurations {
			if a, err := netip.ParseAddr(ip.Properties.PrivateIPAddress); err == nil {
				f.Private = append(f.Private, a)
			}
			if ip.Properties.PublicIPAddress.ID != "" {
				f.public = append(f.public, ip.Properties.PublicIPAddress.ID)
			}
		}
		if a, err := netip.ParseAddr(raw.Properties.HubIPAddresses.PrivateIPAddress); err == nil {
			f.Private = append(f.Private, a)
		}
		for _, p := range raw.Properties.HubIPAddresses.PublicIPs.Addresses {
			if a, err := netip.ParseAddr(p.Address); err == nil {
				f.hub = append(f.hub, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		firewalls[i] = f
	}
	return firewalls, nil
}

// Has reports whether the address is one of the firewall's private addresses.
func (f Firewall) Has(a netip.Addr) bool { return slices.Contains(f.Private, a) }

// FirewallEgress returns the public addresses from which the firewall's packets come: any of them, whatever sent them
// (https://learn.microsoft.com/azure/firewall/features#multiple-public-ip-addresses).
func FirewallEgress(ctx context.Context, c *Client, f Firewall) ([]netip.Prefix, error) {
	own, err := publicAddresses(ctx, c, f.public, nil)
	return append(own, f.hub...), err
}

// NATGatewayEgress returns the public addresses and prefixes from which the packets of subnets with the NAT gateway come.
func NATGatewayEgress(ctx context.Context, c *Client, id string) ([]netip.Prefix, error) {
	if err := checkID(id, "Microsoft.Network/natGateways"); err != nil {
		return nil, err
	}
	// https://learn.microsoft.com/rest/api/virtualnetwork/nat-gateways/get
	var raw struct {
		Properties struct {
			PublicIPAddresses []reference `json:"publicIpAddresses"`
			PublicIPPrefixes  []reference `json:"publicIpPrefixes"`
		} `json:"properties"`
	}
	if err := c.get(ctx, id, networkVersion, &raw); err != nil {
		return nil, err
	}
	ids := func(refs []reference) (all []string) {
		for _, r := range refs {
			all = append(all, r.ID)
		}
		return all
	}
	return publicAddresses(ctx, c, ids(raw.Properties.PublicIPAddresses), ids(raw.Properties.PublicIPPrefixes))
}

// PublicAddresses returns what the public IP addresses and prefixes of the IDs are.
func PublicAddresses(ctx context.Context, c *Client, ids []string) ([]netip.Prefix, error) {
	var addresses, ranges []string
	for _, id := range ids {
		if checkID(id, publicAddressType) == nil {
			addresses = append(addresses, id)
		} else {
			ranges = append(ranges, id)
		}
	}
	return publicAddresses(ctx, c, addresses, ranges)
}

const publicAddressType = "Microsoft.Network/publicIPAddresses"

// publicAddresses returns what the public IP addresses and prefixes of the IDs are.
func publicAddresses(ctx context.Context, c *Client, addresses, ranges []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for i, id := range slices.Concat(addresses, ranges) {
		kind := publicAddressType
		if i >= len(addresses) {
			kind = "Microsoft.Network/publicIPPrefixes"
		}
		if err := checkID(id, kind); err != nil {
			return nil, err
		}
		var raw struct {
			Properties struct {
				IPAddress string `json:"ipAddress"`
				IPPrefix  string `json:"ipPrefix"`
			} `json:"properties"`
		}
		if err := c.get(ctx, id, networkVersion, &raw); err != nil {
			return nil, err
		}
		if a, err := netip.ParseAddr(raw.Properties.IPAddress); err == nil {
			all = append(all, netip.PrefixFrom(a, a.BitLen()))
		}
		if p, err := netip.ParsePrefix(raw.Properties.IPPrefix); err == nil {
			all = append(all, p.Masked())
		}
	}
	return all, nil
}
