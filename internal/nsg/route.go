package nsg

import "net/netip"

// NextHop is where a route leads to. The words are ARM's, in any case.
type NextHop string

// The next hops of routes. ServiceEndpoint is only one of Azure's own routes, and Platform is not one of a route: Azure's platform
// addresses are reached whatever the routes are.
const (
	VirtualAppliance NextHop = "VirtualAppliance"
	Internet         NextHop = "Internet"
	None             NextHop = "None" // the packet is dropped
	VnetLocal        NextHop = "VnetLocal"
	Gateway          NextHop = "VirtualNetworkGateway"
	ServiceEndpoint  NextHop = "VirtualNetworkServiceEndpoint"
	Platform         NextHop = "Platform"
	UnknownHop       NextHop = "Unknown"
)

// Route is one route of a table.
type Route struct {
	Name      string  `json:"name"`
	Prefix    string  `json:"prefix"` // a CIDR prefix or a service tag
	NextHop   NextHop `json:"nextHop"`
	NextHopIP string  `json:"nextHopIP,omitempty"` // of a VirtualAppliance
}

// RouteTable is the table of a subnet's user-defined routes.
type RouteTable struct {
	ID     string  `json:"id"`
	Routes []Route `json:"routes"`
	// DisableBGP means that the subnet does not get the routes of gateways, neither static ones nor those of BGP.
	DisableBGP bool `json:"disableBGP,omitempty"`
}

// Presence tells whether something exists. The zero Presence means that it is not known.
type Presence string

// The presences.
const (
	Absent  Presence = "absent"
	Present Presence = "present"
)

// Network is a virtual network as seen from one of its subnets.
type Network struct {
	Prefixes []netip.Prefix `json:"prefixes"` // the address spaces of the virtual network and its connected peers
	// Gateway tells whether it has or uses (from a peer) a virtual network gateway or a route server. Their routes are never known.
	Gateway Presence `json:"gateway,omitempty"`
	// Pods are the CIDR prefixes of an overlay's pods.
	Pods []netip.Prefix `json:"pods,omitempty"`
	// Endpoints are the service tags of the subnet's service endpoints, such as Storage for Microsoft.Storage.
	Endpoints []string `json:"endpoints,omitempty"`
}

// Routing is where packets to a destination go next, and why.
type Routing struct {
	NextHop NextHop `json:"nextHop"` // UnknownHop if it is not known
	IP      string  `json:"ip,omitempty"`
	// Route is the deciding route: one of the table with the ID Table, or if that is empty one of Azure's own, whose names are empty.
	// For UnknownHop it is the one that decides unless what is not known does. It is nil for Platform and if there is no route.
	Route  *Route `json:"route,omitempty"`
	Table  string `json:"table,omitempty"`
	Reason string `json:"reason,omitempty"` // for UnknownHop: what is not known
}
