package fabric

import (
	"fmt"
	"net/netip"
	"strings"
)

// azureAddress is that of Azure's own services on the host of a machine: DNS, and the source of health probes.
var azureAddress = netip.MustParsePrefix("168.63.129.16/32")

// prefixes returns what an address, a range or a service tag stands for. A tag that Azure does not have is an error.
func (f *Fabric) prefixes(v string) ([]netip.Prefix, error) {
	if p, err := netip.ParsePrefix(v); err == nil {
		return []netip.Prefix{p}, nil
	}
	if a, err := netip.ParseAddr(v); err == nil {
		return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil
	}
	switch strings.ToLower(v) {
	case "virtualnetwork":
		return f.virtualNetwork(), nil
	case "azureloadbalancer":
		return []netip.Prefix{azureAddress}, nil
	}
	tags, _ := f.Store.List("", "Microsoft.Network/locations/serviceTags")
	for _, o := range tags {
		for _, tag := range objects(o, "values") {
			if !strings.EqualFold(fmt.Sprint(tag["name"]), v) {
				continue
			}
			var all []netip.Prefix
			properties, _ := tag["properties"].(map[string]any)
			list, _ := properties["addressPrefixes"].([]any)
			for _, p := range list {
				if prefix, err := netip.ParsePrefix(fmt.Sprint(p)); err == nil && prefix.Addr().Is4() {
					all = append(all, prefix)
				}
			}
			return all, nil
		}
	}
	return nil, fmt.Errorf("there is no service tag %q", v)
}

// virtualNetworks returns the ranges of the virtual networks and of their connected peers.
func (f *Fabric) virtualNetworks() []netip.Prefix {
	var all []netip.Prefix
	add := func(space any) {
		object, _ := space.(map[string]any)
		values, _ := object["addressPrefixes"].([]any)
		for _, v := range values {
			if p, err := netip.ParsePrefix(fmt.Sprint(v)); err == nil && p.Bits() > 0 {
				all = append(all, p.Masked())
			}
		}
	}
	networks, _ := f.Store.List("", "Microsoft.Network/virtualNetworks")
	for _, n := range networks {
		properties, _ := n["properties"].(map[string]any)
		add(properties["addressSpace"])
		for _, p := range objects(n, "virtualNetworkPeerings") {
			if strings.EqualFold(text(p, "properties", "peeringState"), "Connected") {
				peer, _ := p["properties"].(map[string]any)
				add(peer["remoteAddressSpace"])
			}
		}
	}
	return all
}

// virtualNetwork returns what the tag VirtualNetwork stands for: the networks' own ranges, those of their peers, the prefixes of the
// route tables in use, the pods' and Azure's own address
// (https://learn.microsoft.com/azure/virtual-network/service-tags-overview). Prefixes with the next hop Internet are left out: with the
// route for a firewall's own address that https://learn.microsoft.com/azure/aks/limit-egress-traffic asks for, AKS's rule for the tag
// Internet still allows the firewall.
func (f *Fabric) virtualNetwork() []netip.Prefix {
	all := append(f.virtualNetworks(), azureAddress)
	if f.PodCIDR.IsValid() {
		all = append(all, f.PodCIDR)
	}
	networks, _ := f.Store.List("", "Microsoft.Network/virtualNetworks")
	for _, n := range networks {
		for _, s := range objects(n, "subnets") {
			table, err := f.Store.Get(text(s, "properties", "routeTable", "id"))
			if err != nil {
				continue // the subnet has none
			}
			for _, r := range objects(table, "routes") {
				if strings.EqualFold(text(r, "properties", "nextHopType"), "Internet") {
					continue
				}
				if p, err := netip.ParsePrefix(text(r, "properties", "addressPrefix")); err == nil && p.Bits() > 0 {
					all = append(all, p.Masked())
				}
			}
		}
	}
	return all
}

// members returns the addresses of the NICs in an application security group.
func (f *Fabric) members(id string) []netip.Prefix {
	var all []netip.Prefix
	for _, n := range f.interfaces() {
		for _, c := range objects(n, "ipConfigurations") {
			for _, g := range objects(c, "applicationSecurityGroups") {
				if !strings.EqualFold(text(g, "id"), id) {
					continue
				}
				if a, err := netip.ParseAddr(text(c, "properties", "privateIPAddress")); err == nil {
					all = append(all, netip.PrefixFrom(a, a.BitLen()))
				}
			}
		}
	}
	return all
}
