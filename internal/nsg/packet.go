package nsg

import (
	"fmt"
	"net/netip"
	"strings"
)

// Packet is the first packet of a connection, as the groups see it: inbound after public addresses were translated to private ones,
// outbound before the opposite. Behind a load balancer with floating IP, as AKS configures it, the destination stays the frontend's
// address and the Service's port. Without it, it is the node's address and the node port.
// (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#azure-platform-considerations)
type Packet struct {
	Protocol string // tcp, udp or icmp
	// Source and Destination are of the same family. The zero Addr means unknown. An unknown destination is assumed not to be one of
	// Azure's platform addresses.
	Source, Destination netip.Addr
	// Port is the destination port and SourcePort the source port; 0 means unknown. Those of icmp are ignored.
	Port, SourcePort uint16
	// SourceASGs and DestinationASGs are the resource IDs of the application security groups of the NICs at both ends. Nil means
	// unknown; an end without a NIC in Azure has none, which is an empty slice.
	SourceASGs, DestinationASGs []string
}

// normal returns p with addresses and protocol in their plain form, without what is ignored.
func (p Packet) normal() Packet {
	p.Protocol = strings.ToLower(p.Protocol)
	if p.Protocol == "icmp" {
		p.Port, p.SourcePort = 0, 0
	}
	p.Source, p.Destination = p.Source.Unmap().WithZone(""), p.Destination.Unmap().WithZone("")
	return p
}

// unsupported returns why such a packet cannot be evaluated; empty if it can.
func (p Packet) unsupported(d Direction) string {
	switch {
	case d != Inbound && d != Outbound:
		return fmt.Sprintf("unsupported direction %q", d)
	case p.Protocol != "tcp" && p.Protocol != "udp" && p.Protocol != "icmp":
		return fmt.Sprintf("unsupported protocol %q", p.Protocol)
	case p.Source.IsValid() && p.Destination.IsValid() && p.Source.Is4() != p.Destination.Is4():
		return "the source and destination addresses are of different families"
	}
	return ""
}
