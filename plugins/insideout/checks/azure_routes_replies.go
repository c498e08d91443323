package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
)

// AzureRoutesReplies finds user-defined routes that take away replies to this client.
var AzureRoutesReplies = &check.Check{
	Code: "INS0606",
	Name: "azure-routes-replies",
	Hop:  hopLoadBalancer,
	Doc: `no user-defined route diverts the replies to this client

Replies leave a node by the route table of its subnet, not by the load balancer. With a route to a firewall, the firewall sees
replies to connections that it does not know, and drops them. Unless --azure=off, the route tables are read and evaluated if
connections from here fail.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/firewall/integrate-lb#asymmetric-routing",
		"https://learn.microsoft.com/azure/aks/limit-egress-traffic#add-a-dnat-rule-to-azure-firewall",
	},
	After:    []*check.Check{AzureAllowsClients},
	Explains: true,
	Needs:    azureNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, info, ok, err := azureBalancer(p)
		if err != nil || !ok {
			return nil, err
		}
		if why := outsideNetwork(s, info); why != "" {
			p.Skip("%s", why)
			return nil, nil
		}
		if !info.Client.IsValid() {
			return nil, errors.New("where replies to this client go is unknown: " + info.ClientError)
		}
		var unknown []error
		for _, n := range info.Nodes {
			d, err := info.Detour(n.Name, n.IP, info.Client)
			unknown = append(unknown, err)
			if d == nil {
				continue
			}
			f := d.Finding(clientText(info), n.Name, "connections between the clients and the nodes")
			f.Severity, f.Target = check.Error, serviceRef(s)
			f.Summary = fmt.Sprintf("replies to %s do not come back: %s", clientText(info), d)
			f.Cause = fmt.Sprintf("replies leave by the route table of node %s's subnet, not through the load balancer: "+
				"a firewall drops replies of connections that it has not seen", n.Name)
			if d.Dropped() {
				f.Cause = fmt.Sprintf("the table applies to the subnet of node %s, and replies to %s take this route", n.Name, info.Client)
			}
			f.Fixes = replyFixes(*d, info.Client, f.Fixes)
			return []check.Finding{*f}, nil
		}
		return nil, check.Distinct(unknown)
	},
}

// replyFixes returns how replies to the client get another way than the detour.
func replyFixes(d topology.Detour, client netip.Addr, own []check.Fix) []check.Fix {
	if d.Dropped() || client.IsPrivate() {
		return own
	}
	direct := topology.FixBy("send replies to this client directly, by a route for its address",
		d.Command("create", "to-client-"+strings.NewReplacer(".", "-", ":", "-").Replace(client.String()),
			"--address-prefix", netip.PrefixFrom(client, client.BitLen()).String(), "--next-hop-type", "Internet"))
	direct.Template = "routes of the route table (Bicep) or azurerm_route (Terraform)"
	return []check.Fix{direct, {
		Title: fmt.Sprintf("or publish the app through the appliance %s, with a DNAT rule to an internal load balancer", d.IP),
	}}
}
