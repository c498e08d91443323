package topology

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nsg"
)

// Detour is a user-defined route that takes packets of a failed connection away: nowhere, or to an appliance.
type Detour struct {
	nsg.Routing
	node        string // from which the packets leave
	destination netip.Addr
	egress      bool // the cluster's egress depends on its table (outboundType userDefinedRouting)
}

// Detour returns the route of the table that decides where packets from the node to the destination go; nil if they take one of
// Azure's own routes. An error says what is not known.
func (t Topology) Detour(node string, source, destination netip.Addr) (*Detour, error) {
	end, err := t.End(node, source)
	if err != nil || end.Table == "" {
		return nil, err
	}
	table := t.table(end.Table)
	if table == nil {
		if why := t.Unread[strings.ToLower(end.Table)]; why != "" {
			return nil, errors.New(why)
		}
		return nil, fmt.Errorf("route table %s was not read", NameOf(end.Table))
	}
	switch r := nsg.Hop(destination, table, end.network, t.Tags); {
	case r.NextHop == nsg.UnknownHop:
		return nil, fmt.Errorf("where %s sends packets to %s is unknown: %s", NameOf(table.ID), destination, r.Reason)
	case r.Table == "" || r.Route == nil:
		return nil, nil
	case t.HasAddress(r.IP): // a node, as in AKS's own routes for kubenet's pods
		return nil, nil
	case strings.EqualFold(string(r.NextHop), string(nsg.None)), strings.EqualFold(string(r.NextHop), string(nsg.VirtualAppliance)):
		return &Detour{r, node, destination, strings.EqualFold(t.Cluster.OutboundType, "userDefinedRouting")}, nil
	}
	return nil, nil
}

// Exact reports whether the route is for one address.
func (d Detour) Exact() bool {
	p, err := netip.ParsePrefix(d.Route.Prefix)
	return err == nil && p.IsSingleIP()
}

func (t Topology) table(id string) *nsg.RouteTable {
	for i := range t.Tables {
		if strings.EqualFold(t.Tables[i].ID, id) {
			return &t.Tables[i]
		}
	}
	return nil
}

// Dropped reports whether the route drops the packets; otherwise they go to an appliance.
func (d Detour) Dropped() bool { return strings.EqualFold(string(d.NextHop), string(nsg.None)) }

// String says what the route does.
func (d Detour) String() string {
	route := fmt.Sprintf("route %s (%s) of route table %s", d.Route.Name, d.Route.Prefix, NameOf(d.Table))
	if d.Dropped() {
		return route + " drops the packets"
	}
	return fmt.Sprintf("%s sends the packets to the appliance %s", route, d.IP)
}

// Finding returns the finding about a failed connection of the client to the target, whose packets the route takes away. allow says
// what the appliance must allow.
func (d Detour) Finding(client, target, allow string) *check.Finding {
	f := &check.Finding{
		Summary:  fmt.Sprintf("%s cannot connect to %s: %s", client, target, d.String()),
		Cause:    fmt.Sprintf("the table applies to the subnet of node %s, and packets to %s get no answer on this route", d.node, d.destination),
		Evidence: []check.Evidence{{Source: d.az("show"), Lines: []string{d.String()}}},
	}
	remove := FixBy("delete this route", d.az("delete"))
	remove.Weakens = "packets then take Azure's own route"
	remove.Template = "routes of the route table (Bicep) or azurerm_route (Terraform)"
	if d.Dropped() {
		f.Fixes = []check.Fix{remove}
		return f
	}
	f.Fixes = []check.Fix{{
		Title: fmt.Sprintf("make sure that the appliance %s is up and allows %s, and that replies take the same way", d.IP, allow),
	}}
	if p, err := netip.ParsePrefix(d.Route.Prefix); !d.egress || err != nil || p.Bits() > 0 { // else it is the cluster's only egress
		f.Fixes = append(f.Fixes, remove)
	}
	return f
}

// Command returns an az command for the route of that name in the table; none if a name is not one of Azure resources.
func (d Detour) Command(verb, name string, args ...string) cmdline.Command {
	c := azNetwork(d.Table, "route-table", "route", verb, "--route-table-name", name)
	if c.IsZero() {
		return c
	}
	return c.With(args...)
}

func (d Detour) az(verb string) cmdline.Command { return d.Command(verb, d.Route.Name) }
