package azure

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// TargetNetwork is who can connect to a resource, as far as the resource itself and the rules below it say.
type TargetNetwork struct {
	Location string `json:"location,omitempty"` // without spaces, in lower case
	// Public is whether it can be reached by its public address: Enabled, Disabled or SecuredByPerimeter; empty: it does not say.
	Public string `json:"public,omitempty"`
	// Integrated reports that it is in a virtual network itself, where it has no public address.
	Integrated bool `json:"integrated,omitempty"`
	// Rules reports whether Filtered, Ranges, Subnets and Odd are known; Unread is why they could not be read. Both are empty for types whose
	// firewall is never read.
	Rules  bool   `json:"rules,omitempty"`
	Unread string `json:"unread,omitempty"`
	// Filtered reports that only Ranges and Subnets can connect to its public address, and what rules allow that are no ranges: Odd.
	Filtered bool           `json:"filtered,omitempty"`
	Ranges   []netip.Prefix `json:"ranges,omitempty"`
	Subnets  []string       `json:"subnets,omitempty"` // their IDs
	Odd      []string       `json:"odd,omitempty"`
	// Endpoints are its private endpoints.
	Endpoints []PrivateEndpoint `json:"endpoints,omitempty"`
	// Service is the name of the service endpoints of subnets for it; empty: there are none. With Regional, they and rules for subnets are
	// for subnets of Location only.
	Service  string `json:"service,omitempty"`
	Regional bool   `json:"regional,omitempty"`
	// OnlyIPv4 reports that its firewall knows no addresses of IPv6.
	OnlyIPv4 bool `json:"onlyIPv4,omitempty"`
}

// PrivateEndpoint is the connection of a private endpoint to a resource. Only if its state is Approved, it can be used.
type PrivateEndpoint struct {
	ID    string `json:"id"`
	State string `json:"state"` // Approved, Pending, Rejected or Disconnected
}

// Closed reports whether its public address cannot be used.
func (n TargetNetwork) Closed() bool { return strings.EqualFold(n.Public, "Disabled") }

// Approved reports whether it has a private endpoint that can be used.
func (n TargetNetwork) Approved() bool {
	return slices.ContainsFunc(n.Endpoints, func(e PrivateEndpoint) bool { return strings.EqualFold(e.State, "Approved") })
}

// Covers reports whether the ranges contain all of the addresses, each range by itself, and whether they contain some.
func (n TargetNetwork) Covers(addresses []netip.Prefix) (all, some bool) {
	all = len(addresses) > 0
	for _, a := range addresses {
		whole := slices.ContainsFunc(n.Ranges, func(r netip.Prefix) bool { return r.Overlaps(a) && r.Bits() <= a.Bits() })
		all = all && whole
		some = some || slices.ContainsFunc(n.Ranges, a.Overlaps)
	}
	return all, some
}

type addressRule struct {
	Value  string `json:"value"`
	Cosmos string `json:"ipAddressOrRange"`
}

// targetAccess is the part of the properties of targets that tells who can connect: their common part, and that of
// https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties,
// https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get,
// https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get,
// https://learn.microsoft.com/rest/api/postgresql/servers/get and https://learn.microsoft.com/rest/api/redis/redis/get.
type targetAccess struct {
	Public  string `json:"publicNetworkAccess"`
	Subnet  string `json:"subnetId"` // of a cache
	Network struct {
		Public string `json:"publicNetworkAccess"`
		Subnet string `json:"delegatedSubnetResourceId"`
	} `json:"network"`
	ACLs struct {
		DefaultAction string        `json:"defaultAction"`
		IPRules       []addressRule `json:"ipRules"`
		SubnetRules   []reference   `json:"virtualNetworkRules"`
	} `json:"networkAcls"`
	FilterSubnets bool          `json:"isVirtualNetworkFilterEnabled"`
	IPRules       []addressRule `json:"ipRules"`
	SubnetRules   []reference   `json:"virtualNetworkRules"`
	Endpoints     []struct {
		ID         string `json:"id"`
		Properties struct {
			State struct {
				Status string `json:"status"`
			} `json:"privateLinkServiceConnectionState"`
		} `json:"properties"`
	} `json:"privateEndpointConnections"`
}

// services are the service endpoints for the types with rules
// (https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview).
var services = map[string]string{
	storageType: "Microsoft.Storage", vaultType: "Microsoft.KeyVault", cosmosType: "Microsoft.AzureCosmosDB",
	cognitiveType: "Microsoft.CognitiveServices",
}

func (a targetAccess) network(kind, location string) *TargetNetwork {
	n := &TargetNetwork{
		Location: strings.ToLower(strings.ReplaceAll(location, " ", "")), Public: cmp.Or(a.Public, a.Network.Public),
		Integrated: a.Subnet != "" || a.Network.Subnet != "",
	}
	for _, e := range a.Endpoints {
		n.Endpoints = append(n.Endpoints, PrivateEndpoint{ID: e.ID, State: e.Properties.State.Status})
	}
	for t, service := range services {
		if strings.EqualFold(t, kind) {
			n.Rules, n.Service = true, service
		}
	}
	if !n.Rules {
		n.Rules = strings.EqualFold(kind, "Microsoft.AppConfiguration/configurationStores") // it has no other rules
		return n
	}
	ips, subnets := a.ACLs.IPRules, a.ACLs.SubnetRules
	n.Filtered = strings.EqualFold(a.ACLs.DefaultAction, "Deny")
	if strings.EqualFold(kind, cosmosType) { // https://learn.microsoft.com/azure/cosmos-db/how-to-configure-firewall
		ips, subnets = a.IPRules, a.SubnetRules
		n.Filtered = len(ips) > 0 || a.FilterSubnets
	}
	if !n.Filtered {
		return n
	}
	for _, rule := range ips {
		if rule.Cosmos == "0.0.0.0" {
			n.Filtered = false // it stands for all addresses of Azure's datacenters
			continue
		}
		n.addMask(cmp.Or(rule.Value, rule.Cosmos))
	}
	for _, s := range subnets {
		n.Subnets = append(n.Subnets, s.ID)
	}
	return n
}

// addMask takes a rule for an address or a range such as 203.0.113.0/24; what is neither goes to Odd.
func (n *TargetNetwork) addMask(text string) {
	p, err := netip.ParsePrefix(text)
	if single, bad := netip.ParseAddr(text); err != nil && bad == nil {
		p, err = single.Prefix(single.BitLen())
	}
	if err != nil {
		n.Odd = append(n.Odd, text)
		return
	}
	n.Ranges = append(n.Ranges, p.Masked())
}
