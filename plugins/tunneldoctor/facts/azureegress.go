package facts

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/nsg"
)

// AzureEgress is the public address from which the packets of a subnet come.
type AzureEgress struct {
	Subnet string `json:"subnet"`
	// By names what translates them: the ID of a firewall or of a NAT gateway. It is empty for the cluster's own load balancer, whose
	// addresses AKS authorizes itself (https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges).
	By        string         `json:"by,omitempty"`
	Addresses []netip.Prefix `json:"addresses,omitempty"`
	Error     string         `json:"error,omitempty"` // why the address is unknown
}

// egress reads from where packets to the API server come, for each subnet of the machines: only authorized IP ranges depend on that.
func (r *azureReader) egress(ctx context.Context) {
	if len(r.info.Cluster.AuthorizedRanges) == 0 {
		return
	}
	seen := map[string]bool{}
	for _, m := range r.info.Machines {
		if len(m.NICs) == 0 {
			continue
		}
		nic := m.NICs[0] // the primary one
		if key := strings.ToLower(nic.Subnet); !seen[key] {
			seen[key] = true
			e := r.egressOf(ctx, nic.Subnet)
			e.Subnet = nic.Subnet
			r.info.Egress = append(r.info.Egress, e)
		}
	}
}

func (r *azureReader) egressOf(ctx context.Context, id string) (e AzureEgress) {
	network, subnet := r.info.Subnet(id)
	switch {
	case subnet == nil:
		return AzureEgress{Error: "the nodes' subnet could not be read"}
	case len(r.info.API) == 0:
		return AzureEgress{Error: "the addresses of the API server could not be read: " + r.info.APIError}
	}
	appliance, err := r.appliance(network, *subnet)
	switch {
	case err != nil:
		return AzureEgress{Error: err.Error()}
	case appliance.IsValid():
		return r.firewall(ctx, appliance)
	case subnet.NATGateway != "":
		e.By = subnet.NATGateway
		e.Addresses, err = azure.NATGatewayEgress(ctx, r.client, subnet.NATGateway)
		return e.complete(err)
	case strings.EqualFold(r.info.Cluster.OutboundType, "loadBalancer"):
		return e
	}
	e.Error = fmt.Sprintf("outbound type %s, without a NAT gateway or a route to an appliance", r.info.Cluster.OutboundType)
	return e
}

// appliance returns the appliance to which the subnet's packets to the API server go; not valid: to none.
func (r *azureReader) appliance(network azure.Network, subnet azure.Subnet) (netip.Addr, error) {
	var table *nsg.RouteTable
	if subnet.RouteTable != "" {
		i := slices.IndexFunc(r.info.Tables, func(t nsg.RouteTable) bool { return azure.Same(t.ID, subnet.RouteTable) })
		if i < 0 {
			return netip.Addr{}, fmt.Errorf("the route table of the nodes' subnet could not be read: %s",
				r.info.Unread[strings.ToLower(subnet.RouteTable)])
		}
		table = &r.info.Tables[i]
	}
	hop := nsg.Hop(r.info.API[0], table, network.Evaluated(r.info.Pods()), r.info.Tags)
	switch {
	case hop.NextHop == nsg.UnknownHop:
		return netip.Addr{}, fmt.Errorf("where packets to the API server go is unknown: %s", hop.Reason)
	case strings.EqualFold(string(hop.NextHop), string(nsg.Internet)):
		return netip.Addr{}, nil
	case !strings.EqualFold(string(hop.NextHop), string(nsg.VirtualAppliance)):
		return netip.Addr{}, fmt.Errorf("the next hop of packets to the API server is %s", hop.NextHop)
	}
	a, err := netip.ParseAddr(hop.IP)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the next hop of packets to the API server has no valid address: %q", hop.IP)
	}
	return a, nil
}

// firewall returns what is behind an appliance's address, if it is an Azure Firewall.
func (r *azureReader) firewall(ctx context.Context, appliance netip.Addr) (e AzureEgress) {
	all, err := azure.Firewalls(ctx, r.client)
	if err != nil {
		return AzureEgress{Error: err.Error()}
	}
	i := slices.IndexFunc(all, func(f azure.Firewall) bool { return f.Has(appliance) })
	if i < 0 {
		return AzureEgress{Error: fmt.Sprintf("they connect through %s, and no Azure Firewall with this address was found in subscription %s: "+
			"it may be in another one, or another product", appliance, r.client.Subscription)}
	}
	e.By = all[i].ID
	e.Addresses, err = azure.FirewallEgress(ctx, r.client, all[i])
	return e.complete(err)
}

// complete returns the egress with why its addresses are not known, if they are not.
func (e AzureEgress) complete(err error) AzureEgress {
	switch {
	case err != nil:
		e.Error = err.Error()
	case len(e.Addresses) == 0:
		e.Error = "Azure names no public address of " + e.By
	}
	return e
}

// EgressOf returns from where packets of the node's machine come; nil if that was not read.
func (i AzureInfo) EgressOf(node string) *AzureEgress {
	m := i.Machine(node)
	switch {
	case m == nil || len(m.NICs) == 0:
		return nil
	case m.NICs[0].Public:
		return &AzureEgress{Subnet: m.NICs[0].Subnet, Error: "the node has a public address of its own"}
	}
	for n := range i.Egress {
		if azure.Same(i.Egress[n].Subnet, m.NICs[0].Subnet) {
			return &i.Egress[n]
		}
	}
	return nil
}
