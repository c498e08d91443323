package nsg

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table returns a route table with routes written as "PREFIX HOP [ADDRESS]".
func table(lines ...string) *RouteTable {
	t := &RouteTable{ID: "t"}
	for i, line := range lines {
		f := strings.Fields(line + " ")
		r := Route{Name: fmt.Sprint("route", i+1), Prefix: f[0], NextHop: NextHop(f[1])}
		if len(f) > 2 {
			r.NextHopIP = f[2]
		}
		t.Routes = append(t.Routes, r)
	}
	return t
}

// briefHop returns the routing in one line.
func briefHop(r Routing) string {
	s := strings.TrimSpace(string(r.NextHop) + " " + r.IP)
	if r.Route != nil {
		s += " by " + strings.TrimSpace(r.Table+" "+r.Route.Name+" "+r.Route.Prefix)
	}
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

func TestHop(t *testing.T) {
	appliance := "0.0.0.0/0 VirtualAppliance 10.224.9.9"
	withGateway, endpoints, six := vnet, vnet, vnet
	withGateway.Gateway = Present
	endpoints.Endpoints = []string{"Storage", "Sql"}
	six.Prefixes = parsed("10.0.0.0/8", "fd00::/64")
	unknownGateway := Network{Prefixes: vnet.Prefixes}
	noBGP := table(appliance)
	noBGP.DisableBGP = true
	const gatewayRoutes = ": the routes of the virtual network's gateway are not known"
	for name, c := range map[string]struct {
		dst     string
		table   *RouteTable
		network Network
		want    string
	}{
		"network":            {"10.224.0.5", nil, vnet, "VnetLocal by 10.224.0.0/12"},
		"internet":           {"20.1.2.3", nil, vnet, "Internet by 0.0.0.0/0"},
		"reserved":           {"10.1.2.3", nil, vnet, "None by 10.0.0.0/8"},
		"shared":             {"100.65.1.2", nil, vnet, "None by 100.64.0.0/10"},
		"reserved, assigned": {"10.1.2.3", nil, six, "VnetLocal by 10.0.0.0/8"},
		"appliance":          {"20.1.2.3", table(appliance), vnet, "VirtualAppliance 10.224.9.9 by t route1 0.0.0.0/0"},
		// a route for 0.0.0.0/0 removes those for the reserved ranges
		"reserved, appliance":   {"10.1.2.3", table(appliance), vnet, "VirtualAppliance 10.224.9.9 by t route1 0.0.0.0/0"},
		"network and appliance": {"10.224.0.5", table(appliance), vnet, "VnetLocal by 10.224.0.0/12"},
		"equal prefix":          {"10.224.0.5", table("10.224.0.0/12 none"), vnet, "None by t route1 10.224.0.0/12"},
		"longer prefix":         {"10.224.0.5", table("10.0.0.0/8 None", "10.224.0.0/24 Internet"), vnet, "Internet by t route2 10.224.0.0/24"},
		"shorter prefix":        {"10.224.0.5", table("10.0.0.0/8 None"), vnet, "VnetLocal by 10.224.0.0/12"},
		"gateway":               {"20.1.2.3", nil, withGateway, "Unknown by 0.0.0.0/0" + gatewayRoutes},
		"gateway, network":      {"10.224.0.5", nil, withGateway, "VnetLocal by 10.224.0.0/12"},
		"gateway, reserved":     {"192.168.1.1", nil, withGateway, "Unknown by 192.168.0.0/16" + gatewayRoutes},
		"gateway, appliance":    {"20.1.2.3", table(appliance), withGateway, "Unknown by t route1 0.0.0.0/0" + gatewayRoutes},
		"gateway, host route":   {"20.1.2.3", table("20.1.2.3/32 Internet"), withGateway, "Internet by t route1 20.1.2.3/32"},
		"gateway, same outcome": {
			"20.1.2.3", table("0.0.0.0/0 VirtualNetworkGateway"), withGateway,
			"VirtualNetworkGateway by t route1 0.0.0.0/0",
		},
		"gateway, not propagated": {"20.1.2.3", noBGP, withGateway, "VirtualAppliance 10.224.9.9 by t route1 0.0.0.0/0"},
		"gateway not known": {
			"20.1.2.3", nil, unknownGateway, "Unknown by 0.0.0.0/0: whether the virtual network has a gateway, and its routes, are not known",
		},
		"unknown tag": {
			"20.1.2.3", table("Storage Internet", appliance), vnet,
			"Unknown by t route2 0.0.0.0/0: what is behind the service tag Storage is not known",
		},
		"unknown tag, same outcome": {"20.1.2.3", table("Storage Internet"), vnet, "Internet by 0.0.0.0/0"},
		"unknown tag, private":      {"10.224.0.5", table("Storage None"), vnet, "VnetLocal by 10.224.0.0/12"},
		"unknown tag, host route":   {"20.1.2.3", table("Storage None", "20.1.2.3/32 Internet"), vnet, "Internet by t route2 20.1.2.3/32"},
		"known tag":                 {"52.1.2.3", table("Sql Internet", appliance), vnet, "Internet by t route1 Sql"},
		"known tag, outside": {
			"52.99.2.3", table("Sql Internet", "Sql.WestEurope None", appliance), vnet,
			"VirtualAppliance 10.224.9.9 by t route3 0.0.0.0/0",
		},
		"explicit prefix first": {"52.1.2.3", table("Sql Internet", "52.1.0.0/16 None"), vnet, "None by t route2 52.1.0.0/16"},
		"regional tag first": {
			"52.1.2.3", table("AzureCloud None", "Sql None", "Sql.EastUS Internet"), vnet,
			"Internet by t route3 Sql.EastUS",
		},
		"any region first": {"52.1.2.3", table("AzureCloud.EastUS None", "Sql Internet"), vnet, "Internet by t route2 Sql"},
		"Azure's region first": {
			"52.1.2.3", table("AzureCloud None", "AzureCloud.EastUS Internet"), vnet, "Internet by t route2 AzureCloud.EastUS",
		},
		"service endpoint": {"52.1.2.3", table(appliance), endpoints, "VirtualNetworkServiceEndpoint by Sql"},
		"no service endpoint": {
			"20.1.2.3", table(appliance), endpoints, "Unknown by t route1 0.0.0.0/0: what is behind the service tag Storage is not known",
		},
		"unreadable prefix": {
			"10.224.0.5", table("10.224.0.0/99 None"), vnet, `Unknown by 10.224.0.0/12: the prefix "10.224.0.0/99" of route route1 cannot be read`,
		},
		"unreadable prefix and host route": {
			"10.224.0.5", table("10.224.0.5/32 Internet", "? None"), vnet,
			`Unknown by t route1 10.224.0.5/32: the prefix "?" of route route2 cannot be read`,
		},
		"unreadable hop": {
			"20.1.2.3", table("0.0.0.0/0 Moon"), vnet,
			`Unknown by t route1 0.0.0.0/0: the next hop "Moon" of route route1 cannot be read`,
		},
		"equal routes": {
			"20.1.2.3", table("20.1.2.3/32 None", "20.1.2.3/32 Internet"), vnet,
			"Unknown by t route1 20.1.2.3/32: which of the routes with the prefix 20.1.2.3/32 wins is not known",
		},
		"equal appliances": {
			"20.1.2.3", table("0.0.0.0/0 VirtualAppliance 10.224.9.9", "0.0.0.0/0 VirtualAppliance 10.224.9.8"), vnet,
			"Unknown by t route1 0.0.0.0/0: which of the routes with the prefix 0.0.0.0/0 wins is not known",
		},
		"host":         {"168.63.129.16", table(appliance), withGateway, "Platform"},
		"metadata":     {"169.254.169.254", nil, vnet, "Platform"},
		"IPv6":         {"2001:db8::1", table(appliance), six, "Internet by ::/0"},
		"IPv6 network": {"fd00::1", nil, six, "VnetLocal by fd00::/64"},
		"IPv6 private": {"fd00:1::1", nil, six, "Unknown by ::/0: whether Azure routes fd00:1::1 is not known"},
		"IPv6 private, appliance": {
			"fd00:1::1", table("::/0 VirtualAppliance fd00::9"), six, "VirtualAppliance fd00::9 by t route1 ::/0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tags := map[string][]netip.Prefix{
				"sql": parsed("52.0.0.0/12", "52.1.0.0/16"), "sql.eastus": parsed("52.1.0.0/16"), "azurecloud": parsed("52.1.0.0/16"),
				"azurecloud.eastus": parsed("52.1.0.0/16"),
			}
			if diff := cmp.Diff(c.want, briefHop(Hop(addr(c.dst), c.table, c.network, tags))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if r := Hop(netip.Addr{}, nil, vnet, nil); r.NextHop != UnknownHop || r.Reason == "" {
		t.Errorf("got %+v", r)
	}
}

func TestNetworkSets(t *testing.T) {
	everything := parsed("0.0.0.0/0", "::/0")
	withGateway := vnet
	withGateway.Gateway = ""
	for name, c := range map[string]struct {
		network Network
		table   *RouteTable
		want    Sets
	}{
		"no table": {vnet, nil, Sets{VirtualNetwork: vnet.Prefixes, Possible: vnet.Pods}},
		"gateway":  {withGateway, nil, Sets{VirtualNetwork: vnet.Prefixes, Possible: append(parsed("100.64.0.0/16"), everything...)}},
		"kubenet": {
			vnet, table("10.244.1.0/24 VirtualAppliance 10.224.0.5", "0.0.0.0/0 VirtualAppliance 10.224.9.9", "10.9.0.0/16 None"),
			Sets{VirtualNetwork: parsed("10.224.0.0/12", "10.244.1.0/24"), Possible: parsed("100.64.0.0/16", "0.0.0.0/0", "10.9.0.0/16")},
		},
		"tags": {
			vnet, table("Sql Internet", "Storage Internet"),
			Sets{VirtualNetwork: vnet.Prefixes, Possible: append(parsed("100.64.0.0/16", "52.1.0.0/16"), everything...)},
		},
		"nothing known": {Network{}, table("10.244.1.0/24 VirtualAppliance 10.224.0.5"), Sets{}},
	} {
		t.Run(name, func(t *testing.T) {
			tags := map[string][]netip.Prefix{"sql": parsed("52.1.0.0/16")}
			c.want.Tags = tags
			if diff := cmp.Diff(c.want, c.network.Sets(c.table, tags), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}
