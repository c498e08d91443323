package topology

import (
	"cmp"
	"net/netip"
	"strings"
)

// Cluster is an AKS cluster as Azure has it.
type Cluster struct {
	ID            string   `json:"id"`
	FQDN          string   `json:"fqdn,omitempty"`
	PrivateFQDN   string   `json:"privateFQDN,omitempty"`
	NodeGroup     string   `json:"nodeGroup"` // the node resource group
	Location      string   `json:"location,omitempty"`
	NetworkPlugin string   `json:"networkPlugin,omitempty"`
	PluginMode    string   `json:"pluginMode,omitempty"` // overlay
	PodCIDRs      []string `json:"podCIDRs,omitempty"`
	OutboundType  string   `json:"outboundType,omitempty"`
	// State is the state of the last operation on the cluster, such as Succeeded, Failed or Updating.
	State string `json:"state,omitempty"`
	Power string `json:"power,omitempty"` // Running or Stopped; empty: Azure does not say
	// Deallocating are the names of the node pools whose nodes are deallocated, rather than deleted, when the pool is scaled down. They stay
	// in the cluster (https://learn.microsoft.com/azure/aks/scale-down-mode).
	Deallocating []string `json:"deallocating,omitempty"`
	// AuthorizedRanges are the only addresses that reach the API server, besides those of the cluster's own load balancer; empty: all do
	// (https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges).
	AuthorizedRanges []string `json:"authorizedRanges,omitempty"`
	Private          bool     `json:"private,omitempty"` // the API server has a private address only
	// PrivateZone is the ID of the private DNS zone with the PrivateFQDN; empty: there is none, or Azure does not say which.
	PrivateZone string `json:"privateZone,omitempty"`
	// Issuer is the URL of the issuer of the cluster's tokens, as it is in them; empty: the OIDC issuer is disabled
	// (https://learn.microsoft.com/azure/aks/use-oidc-issuer).
	Issuer           string `json:"issuer,omitempty"`
	WorkloadIdentity bool   `json:"workloadIdentity,omitempty"` // AKS runs the webhook of workload identity
	// VaultProvider reports that the add-on for key vaults is enabled, and VaultClient is the client ID of its identity.
	VaultProvider bool   `json:"vaultProvider,omitempty"`
	VaultClient   string `json:"vaultClient,omitempty"`
	// Pools are its node pools. Outbound are the IDs of the public addresses, or ranges of them, of its load balancer or of the NAT gateway
	// that AKS manages; a NAT gateway of the user, a firewall or an appliance has others.
	Pools    []NodePool `json:"pools,omitempty"`
	Outbound []string   `json:"outbound,omitempty"`
}

// NodePool is a pool of nodes with the IDs of their subnets.
type NodePool struct {
	Name string `json:"name"`
	// Subnet is that of the nodes; empty: AKS made it, in the node resource group. PodSubnet is that of the pods; empty: that of the nodes.
	Subnet    string `json:"subnet,omitempty"`
	PodSubnet string `json:"podSubnet,omitempty"`
	// Public reports that each node has a public address of its own.
	Public bool `json:"public,omitempty"`
}

// Sources returns the subnet from which connections of the pool's pods come; empty: AKS made it.
func (p NodePool) Sources() string { return cmp.Or(p.PodSubnet, p.Subnet) }

// Name returns the cluster's name.
func (c Cluster) Name() string { return c.ID[strings.LastIndex(c.ID, "/")+1:] }

// Overlay reports whether pods have addresses outside of the virtual network.
func (c Cluster) Overlay() bool { return strings.EqualFold(c.PluginMode, "overlay") }

// Has reports whether one of the names is that of the cluster's API server.
func (c Cluster) Has(servers []string) bool {
	for _, s := range servers {
		if s != "" && (strings.EqualFold(s, c.FQDN) || strings.EqualFold(s, c.PrivateFQDN)) {
			return true
		}
	}
	return false
}

// Runs reports whether the cluster is running, as far as Azure says.
func (c Cluster) Runs() bool { return strings.EqualFold(c.Power, "Running") }

// Stopped reports whether the cluster is stopped.
func (c Cluster) Stopped() bool { return strings.EqualFold(c.Power, "Stopped") }

// Authorizes reports whether the authorized ranges, perhaps several together, contain the addresses. odd are the ranges that are no
// prefixes, such as service tags.
func (c Cluster) Authorizes(addresses netip.Prefix) (allowed bool, odd []string) {
	overlap := false
	for _, text := range c.AuthorizedRanges {
		p, err := netip.ParsePrefix(text)
		if single, bad := netip.ParseAddr(text); err != nil && bad == nil {
			p, err = single.Prefix(single.BitLen())
		}
		if err != nil {
			odd = append(odd, text)
		}
		allowed = allowed || err == nil && p.Contains(addresses.Addr()) && p.Bits() <= addresses.Bits()
		overlap = overlap || err == nil && p.Overlaps(addresses)
	}
	if !allowed && overlap && addresses.Bits() < addresses.Addr().BitLen() {
		low, high := halves(addresses)
		first, _ := c.Authorizes(low)
		second, _ := c.Authorizes(high)
		allowed = first && second
	}
	return allowed, odd
}

// halves returns the two halves of a prefix of more than one address.
func halves(p netip.Prefix) (low, high netip.Prefix) {
	bits, first := p.Bits()+1, p.Masked().Addr()
	b := first.AsSlice()
	b[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	second, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(first, bits), netip.PrefixFrom(second, bits)
}

// UsesLoadBalancer reports whether connections that leave the virtual network are translated by the cluster's load balancer.
func (c Cluster) UsesLoadBalancer() bool { return strings.EqualFold(c.OutboundType, "loadBalancer") }
