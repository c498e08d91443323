package nsg

import (
	"net/netip"
	"strings"
)

// Azure's platform addresses, the same in all regions and clouds: the host's, which serves DNS, DHCP and the VM agent and from which
// health probes come, and that of the instance metadata service
// (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
var (
	hostAddress     = netip.AddrFrom4([4]byte{168, 63, 129, 16})
	metadataAddress = netip.AddrFrom4([4]byte{169, 254, 169, 254})
	// probeAddress6 is where health probes over IPv6 come from
	// (https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview#probe-source-ip-address).
	probeAddress6 = netip.MustParseAddr("fe80::1234:5678:9abc")
)

// The ports of the host's services.
const (
	portDNS   = 53
	portDHCP  = 67
	portWire  = 80    // of the VM agent
	portAgent = 32526 // of the VM agent
)

// exempt reports whether the groups do not apply to the packet, except rules with one of the tags AzurePlatformDNS,
// AzurePlatformIMDS and AzurePlatformLKM. Health probes, which are inbound, are not exempt.
// (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#azure-platform-considerations)
func (p Packet) exempt(d Direction) bool {
	switch {
	case d != Outbound:
		return false
	case p.Destination == metadataAddress:
		return true
	case p.Destination != hostAddress:
		return false
	}
	switch p.Port {
	case portDNS:
		return p.Protocol != "icmp"
	case portDHCP:
		return p.Protocol == "udp"
	case portWire, portAgent:
		return p.Protocol == "tcp"
	}
	return false
}

const platformTags = "azureplatform"

// platformTag reports whether the address is behind the tag, which is one of a service at a platform address. ok is false for other
// tags. What AzurePlatformDNS covers besides DNS is not documented.
func (w *world) platformTag(tag string, a netip.Addr) (answer, bool) {
	at := hostAddress
	switch tag {
	case "azureplatformimds":
		at = metadataAddress
	case "azureplatformdns":
	default:
		return answer{}, false
	}
	switch {
	case a != at:
		return impossible, true
	case at == metadataAddress, w.packet.Destination == a && w.packet.Port == portDNS:
		return certain, true
	}
	return w.ask(tag+" "+a.String(), "whether the service tag AzurePlatformDNS covers other ports of "+a.String()+" is not known"), true
}

// platform returns the rule with only those destinations that apply to exempt packets; ok is false if it has none.
func (r *rule) platform() (only *rule, ok bool) {
	c := *r
	c.destination = place{}
	for _, e := range r.destination.entries {
		if strings.HasPrefix(e.tag, platformTags) {
			c.destination.entries = append(c.destination.entries, e)
		}
	}
	return &c, len(c.destination.entries) > 0
}
