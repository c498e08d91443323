package azure

import (
	"context"

	"github.com/akstools/akstools/internal/nsg"
)

// SecurityGroup returns the network security group of the ID, with its default rules.
func SecurityGroup(ctx context.Context, c *Client, id string) (nsg.Group, error) {
	if err := checkID(id, "Microsoft.Network/networkSecurityGroups"); err != nil {
		return nsg.Group{}, err
	}
	var raw struct {
		ID         string `json:"id"`
		Properties struct {
			SecurityRules        []securityRule `json:"securityRules"`
			DefaultSecurityRules []securityRule `json:"defaultSecurityRules"`
		} `json:"properties"`
	}
	if err := c.get(ctx, id, networkVersion, &raw); err != nil {
		return nsg.Group{}, err
	}
	g := nsg.Group{ID: raw.ID, Rules: []nsg.Rule{}}
	for _, r := range append(raw.Properties.SecurityRules, raw.Properties.DefaultSecurityRules...) {
		g.Rules = append(g.Rules, r.rule())
	}
	return g, nil
}

// securityRule is the part of Resource Manager's answer that is used
// (https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/get).
type securityRule struct {
	Name       string `json:"name"`
	Properties struct {
		Priority                             int         `json:"priority"`
		Direction                            string      `json:"direction"`
		Access                               string      `json:"access"`
		Protocol                             string      `json:"protocol"`
		SourcePortRange                      string      `json:"sourcePortRange"`
		SourcePortRanges                     []string    `json:"sourcePortRanges"`
		DestinationPortRange                 string      `json:"destinationPortRange"`
		DestinationPortRanges                []string    `json:"destinationPortRanges"`
		SourceAddressPrefix                  string      `json:"sourceAddressPrefix"`
		SourceAddressPrefixes                []string    `json:"sourceAddressPrefixes"`
		DestinationAddressPrefix             string      `json:"destinationAddressPrefix"`
		DestinationAddressPrefixes           []string    `json:"destinationAddressPrefixes"`
		SourceApplicationSecurityGroups      []reference `json:"sourceApplicationSecurityGroups"`
		DestinationApplicationSecurityGroups []reference `json:"destinationApplicationSecurityGroups"`
	} `json:"properties"`
}

func (r securityRule) rule() nsg.Rule {
	p := r.Properties
	return nsg.Rule{
		Name: r.Name, Priority: p.Priority, Direction: p.Direction, Access: p.Access, Protocol: p.Protocol,
		SourcePorts: plural(p.SourcePortRange, p.SourcePortRanges), Ports: plural(p.DestinationPortRange, p.DestinationPortRanges),
		Sources:      plural(p.SourceAddressPrefix, p.SourceAddressPrefixes),
		Destinations: plural(p.DestinationAddressPrefix, p.DestinationAddressPrefixes),
		SourceASGs:   ids(p.SourceApplicationSecurityGroups), DestinationASGs: ids(p.DestinationApplicationSecurityGroups),
	}
}

func ids(refs []reference) (all []string) {
	for _, r := range refs {
		all = append(all, r.ID)
	}
	return all
}
