// Package nsg evaluates Azure's network security groups and route tables for one packet. It is pure, and its input is untrusted.
//
// Whether a rule matches can depend on something unknown: the addresses behind a service tag, the application security groups of a
// NIC, the source port, a field that cannot be read. Decide considers every possible answer. If the packet's fate is the same for all
// of them, that is the verdict; otherwise the verdict is Unknown. So the package never returns Allow for a packet that might be
// denied, nor Deny for one that might be allowed.
//
// The semantics are those of https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview. Not evaluated are the
// security admin rules of Azure Virtual Network Manager, which come before all groups, and existing connections, which changed rules
// do not affect.
package nsg

// Direction is the direction of a packet as seen from the NIC to which a group applies.
type Direction string

// The directions.
const (
	Inbound  Direction = "Inbound"
	Outbound Direction = "Outbound"
)

// Action is what happens to the packet.
type Action string

// The actions.
const (
	Allow   Action = "Allow"
	Deny    Action = "Deny"
	Unknown Action = "Unknown"
)

// Rule is one rule of a group. Its words are those of ARM in any case; the singular and plural forms of a field, such as
// destinationPortRange and destinationPortRanges, are one list. A field that is empty or cannot be read is unknown.
type Rule struct {
	Name      string `json:"name"`
	Priority  int    `json:"priority"` // 100-4096, Azure's own rules have 65000 and more; rules with lower numbers come first
	Direction string `json:"direction"`
	Access    string `json:"access"`   // Allow or Deny
	Protocol  string `json:"protocol"` // Tcp, Udp, Icmp, Esp, Ah or *
	// SourcePorts and Ports (of the destination) hold "*", "80" or "1000-2000".
	SourcePorts []string `json:"sourcePorts,omitempty"`
	Ports       []string `json:"ports,omitempty"`
	// Sources and Destinations hold "*", addresses, CIDR prefixes and service tags. They may be empty if the field below is not.
	Sources      []string `json:"sources,omitempty"`
	Destinations []string `json:"destinations,omitempty"`
	// SourceASGs and DestinationASGs are the resource IDs of application security groups.
	SourceASGs      []string `json:"sourceASGs,omitempty"`
	DestinationASGs []string `json:"destinationASGs,omitempty"`
}

// Group is a network security group.
type Group struct {
	ID string `json:"id"`
	// Rules are its custom and default rules in any order. Of the default rules, those missing are assumed to be as in Defaults.
	Rules []Rule `json:"rules"`
}

// Verdict is what happens to a packet, and why.
type Verdict struct {
	Action Action `json:"action"`
	// Group is the ID of the group that holds Rule.
	Group string `json:"group,omitempty"`
	// Rule is the deciding rule. For Allow it is the one in the last group. If several rules may decide, with the same outcome, it is
	// the one that decides if none of the others matches. For Unknown it is a rule that may or may not match, on which the outcome
	// depends. It is nil if no group applies, and if the cause is not a rule.
	Rule *Rule `json:"rule,omitempty"`
	// Platform reports whether the packet is exempt from the groups: Azure's own services on its nodes are, such as DNS.
	Platform bool   `json:"platform,omitempty"`
	Reason   string `json:"reason,omitempty"` // for Unknown: what is not known
}
