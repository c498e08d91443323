package nsg

// Defaults returns the rules that Azure adds to each group of the direction
// (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules).
func Defaults(d Direction) []Rule {
	rule := func(name string, priority int, access Action, source, destination string) Rule {
		return Rule{
			Name: name, Priority: priority, Direction: string(d), Access: string(access), Protocol: "*",
			SourcePorts: []string{"*"}, Ports: []string{"*"}, Sources: []string{source}, Destinations: []string{destination},
		}
	}
	if d == Inbound {
		return []Rule{
			rule("AllowVnetInBound", 65000, Allow, "VirtualNetwork", "VirtualNetwork"),
			rule("AllowAzureLoadBalancerInBound", 65001, Allow, "AzureLoadBalancer", "*"),
			rule("DenyAllInBound", 65500, Deny, "*", "*"),
		}
	}
	return []Rule{
		rule("AllowVnetOutBound", 65000, Allow, "VirtualNetwork", "VirtualNetwork"),
		rule("AllowInternetOutBound", 65001, Allow, "*", "Internet"),
		rule("DenyAllOutBound", 65500, Deny, "*", "*"),
	}
}
