package azure

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"strings"

	"go4.org/netipx"
)

// firewall is where a type of targets has its rules, as resources below it.
type firewall struct {
	ranges  string // rules for ranges of addresses
	subnets string // rules for subnets; empty: there are none
	set     string // one resource with rules for both
	service string // the service endpoints of subnets for it; empty: there are none
	// open reports whether the target accepts all addresses while it has no rule for addresses; otherwise it then accepts none.
	open bool
	// regional reports whether subnets can have rules in the target's own region only.
	regional bool
	// azure reports that a rule for 0.0.0.0 alone stands for all of Azure's addresses, those of other customers among them.
	azure bool
}

// firewalls are those of types whose rules are not part of the resource itself, in lower case:
// https://learn.microsoft.com/azure/postgresql/flexible-server/security-firewall-rules,
// https://learn.microsoft.com/azure/mysql/flexible-server/security-how-to-manage-firewall-portal,
// https://learn.microsoft.com/azure/azure-sql/database/firewall-configure,
// https://learn.microsoft.com/azure/azure-cache-for-redis/cache-network-isolation,
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-ip-filtering and
// https://learn.microsoft.com/azure/event-hubs/event-hubs-ip-filtering.
var firewalls = map[string]firewall{
	"microsoft.dbforpostgresql/flexibleservers": {ranges: "firewallRules", azure: true},
	"microsoft.dbformysql/flexibleservers":      {ranges: "firewallRules", azure: true},
	"microsoft.sql/servers": {
		ranges: "firewallRules", subnets: "virtualNetworkRules", service: "Microsoft.Sql", regional: true, azure: true,
	},
	strings.ToLower(RedisType):        {ranges: "firewallRules", open: true},
	"microsoft.servicebus/namespaces": {set: "networkRuleSets", service: "Microsoft.ServiceBus"},
	"microsoft.eventhub/namespaces":   {set: "networkRuleSets", service: "Microsoft.EventHub"},
}

// actions returns those that reading the rules needs.
func (f firewall) actions(kind string) (all []string) {
	for _, part := range []string{f.ranges, f.subnets, f.set} {
		if part != "" {
			all = append(all, kind+"/"+part+"/read")
		}
	}
	return all
}

// readFirewall reads the rules of a target that are resources of their own. Why they could not be read stands in t.Network.Unread.
func (t *Target) readFirewall(ctx context.Context, c *Client, version string) {
	n := t.Network
	f, ok := firewalls[strings.ToLower(t.Type)]
	if !ok || n.Integrated || n.Closed() {
		return
	}
	n.Service, n.Regional, n.OnlyIPv4 = f.service, f.regional, true
	var err error
	if f.set != "" {
		err = n.addSet(ctx, c, t.ID+"/"+f.set+"/default", version)
	} else {
		err = n.addRules(ctx, c, t.ID, version, f)
	}
	if err != nil {
		n.Unread = err.Error()
		return
	}
	n.Rules = true
}

// addRules takes the lists of rules for ranges and for subnets.
func (n *TargetNetwork) addRules(ctx context.Context, c *Client, target, version string, f firewall) error {
	rules, err := list[struct {
		Properties struct {
			Start      string `json:"startIpAddress"`
			End        string `json:"endIpAddress"`
			RedisStart string `json:"startIP"`
			RedisEnd   string `json:"endIP"`
		} `json:"properties"`
	}](ctx, c, target+"/"+f.ranges, version)
	if err != nil {
		return err
	}
	n.Filtered = len(rules) > 0 || !f.open
	for _, r := range rules {
		start, end := cmp.Or(r.Properties.Start, r.Properties.RedisStart), cmp.Or(r.Properties.End, r.Properties.RedisEnd)
		n.addRange(start, end, f.azure)
	}
	if f.subnets == "" {
		return nil
	}
	subnets, err := list[struct {
		Properties struct {
			Subnet string `json:"virtualNetworkSubnetId"`
		} `json:"properties"`
	}](ctx, c, target+"/"+f.subnets, version)
	for _, s := range subnets {
		n.Subnets = append(n.Subnets, s.Properties.Subnet)
	}
	return err
}

// addRange takes a rule for the addresses from start to end; what is no range goes to Odd. If zeros are for Azure, such a rule allows all
// of its addresses.
func (n *TargetNetwork) addRange(start, end string, zeros bool) {
	from, err1 := netip.ParseAddr(start)
	to, err2 := netip.ParseAddr(end)
	r := netipx.IPRangeFrom(from, to)
	switch {
	case err1 != nil || err2 != nil || !r.IsValid():
		n.Odd = append(n.Odd, start+"-"+end)
	case zeros && from == netip.IPv4Unspecified() && to == from:
		n.Filtered = false
	default:
		n.Ranges = append(n.Ranges, r.Prefixes()...)
	}
}

// addSet takes the rules of a namespace. Without rules it accepts all addresses, whatever its default action is.
func (n *TargetNetwork) addSet(ctx context.Context, c *Client, id, version string) error {
	var set struct {
		Properties struct {
			DefaultAction string `json:"defaultAction"`
			Public        string `json:"publicNetworkAccess"`
			IPRules       []struct {
				Mask string `json:"ipMask"`
			} `json:"ipRules"`
			SubnetRules []struct {
				Subnet reference `json:"subnet"`
			} `json:"virtualNetworkRules"`
		} `json:"properties"`
	}
	err := c.get(ctx, id, version, &set)
	var reason *Error
	if errors.As(err, &reason) && reason.Reason == NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	n.Public = cmp.Or(set.Properties.Public, n.Public)
	n.Filtered = strings.EqualFold(set.Properties.DefaultAction, "Deny") && len(set.Properties.IPRules)+len(set.Properties.SubnetRules) > 0
	for _, rule := range set.Properties.IPRules {
		n.addMask(rule.Mask)
	}
	for _, rule := range set.Properties.SubnetRules {
		n.Subnets = append(n.Subnets, rule.Subnet.ID)
	}
	return nil
}
