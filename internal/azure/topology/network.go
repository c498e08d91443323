package topology

import (
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/nsg"
)

// Subnet is a subnet of a virtual network.
type Subnet struct {
	ID         string   `json:"id"`
	Prefixes   []string `json:"prefixes"`
	Group      string   `json:"group,omitempty"`      // the ID of its network security group; empty: none
	RouteTable string   `json:"routeTable,omitempty"` // the ID of its route table; empty: none
	NATGateway string   `json:"natGateway,omitempty"` // the ID of its NAT gateway; empty: none
	// ServiceEndpoints are the services that see the private addresses of its packets, such as Microsoft.Storage
	// (https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview).
	ServiceEndpoints []string `json:"serviceEndpoints,omitempty"`
}

// Network is a virtual network.
type Network struct {
	ID       string         `json:"id"`
	Prefixes []netip.Prefix `json:"prefixes"`
	// Peers are the prefixes of connected peers.
	Peers   []netip.Prefix `json:"peers,omitempty"`
	Subnets []Subnet       `json:"subnets"`
	// Gateway reports whether traffic may use a VPN or ExpressRoute gateway, whose routes are not known here: a gateway of its own or
	// one of a peer.
	Gateway bool `json:"gateway,omitempty"`
}

// Evaluated returns the network as package nsg evaluates it; pods are the prefixes of an overlay's pods.
func (n Network) Evaluated(pods []netip.Prefix) nsg.Network {
	out := nsg.Network{Prefixes: append(append([]netip.Prefix(nil), n.Prefixes...), n.Peers...), Gateway: nsg.Absent, Pods: pods}
	if n.Gateway {
		out.Gateway = nsg.Present
	}
	return out
}

// Find returns the subnet of the ID, or nil.
func (n Network) Find(id string) *Subnet {
	for i := range n.Subnets {
		if same(n.Subnets[i].ID, id) {
			return &n.Subnets[i]
		}
	}
	return nil
}

// NIC is a network interface of a node.
type NIC struct {
	ID        string       `json:"id"`
	Group     string       `json:"group,omitempty"` // the ID of its network security group; empty: none
	Subnet    string       `json:"subnet"`          // the subnet's ID
	Addresses []netip.Addr `json:"addresses"`
	ASGs      []string     `json:"asgs,omitempty"`   // the IDs of its application security groups
	Public    bool         `json:"public,omitempty"` // it has a public address of its own, by which its packets leave
}

// Of reports whether the NIC has the address.
func (n NIC) Of(a netip.Addr) bool {
	for _, own := range n.Addresses {
		if own == a.Unmap() {
			return true
		}
	}
	return false
}

// same reports whether two resource IDs are of the same resource: Azure does not keep their case.
func same(a, b string) bool { return strings.EqualFold(a, b) }
