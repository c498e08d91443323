package seed

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
)

// DefaultRules returns the rules that every network security group has
// (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules).
func DefaultRules() []*armnetwork.SecurityRule {
	in, out := armnetwork.SecurityRuleDirectionInbound, armnetwork.SecurityRuleDirectionOutbound
	allow, deny := armnetwork.SecurityRuleAccessAllow, armnetwork.SecurityRuleAccessDeny
	rule := func(name string, d armnetwork.SecurityRuleDirection, a armnetwork.SecurityRuleAccess, priority int32, from,
		to_ string,
	) *armnetwork.SecurityRule {
		return &armnetwork.SecurityRule{Name: to.Ptr(name), Properties: &armnetwork.SecurityRulePropertiesFormat{
			Direction: &d, Access: &a, Priority: &priority, Protocol: to.Ptr(armnetwork.SecurityRuleProtocolAsterisk),
			SourcePortRange: to.Ptr("*"), DestinationPortRange: to.Ptr("*"), SourceAddressPrefix: &from, DestinationAddressPrefix: &to_,
		}}
	}
	return []*armnetwork.SecurityRule{
		rule("AllowVnetInBound", in, allow, 65000, "VirtualNetwork", "VirtualNetwork"),
		rule("AllowAzureLoadBalancerInBound", in, allow, 65001, "AzureLoadBalancer", "*"),
		rule("DenyAllInBound", in, deny, 65500, "*", "*"),
		rule("AllowVnetOutBound", out, allow, 65000, "VirtualNetwork", "VirtualNetwork"),
		rule("AllowInternetOutBound", out, allow, 65001, "*", "Internet"),
		rule("DenyAllOutBound", out, deny, 65500, "*", "*"),
	}
}
