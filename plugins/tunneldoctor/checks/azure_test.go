package checks

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

const (
	azureGroup = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg-nodes"
	azureTable = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/rt"
)

// azureOf returns two nodes of one subnet with the rules and routes.
func azureOf(plugin, mode string, rules []nsg.Rule, routes []nsg.Route) (facts.AzureInfo, facts.NodeList) {
	const network = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n"
	subnet := azure.Subnet{ID: network + "/subnets/nodes", Prefixes: []string{"10.0.0.0/24"}}
	info := facts.AzureInfo{Topology: topology.Topology{
		Cluster: azure.Cluster{NetworkPlugin: plugin, PluginMode: mode, PodCIDRs: []string{"10.244.0.0/16"}},
	}}
	if rules != nil {
		subnet.Group = azureGroup
		info.Groups = []nsg.Group{{ID: azureGroup, Rules: rules}}
	}
	if routes != nil {
		subnet.RouteTable = azureTable
		info.Tables = []nsg.RouteTable{{ID: azureTable, Routes: routes}}
	}
	info.Networks = []azure.Network{
		{ID: network, Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}, Subnets: []azure.Subnet{subnet}},
	}
	var nodes facts.NodeList
	for i, name := range []string{"a", "b"} {
		ip := netip.MustParseAddr("10.0.0.4")
		if i == 1 {
			ip = ip.Next()
		}
		nodes.Items = append(nodes.Items, podhealth.Node{Name: name, IP: ip})
		nic := azure.NIC{Subnet: subnet.ID, Addresses: []netip.Addr{ip}}
		info.Machines = append(info.Machines, topology.Machine{Node: name, NICs: []azure.NIC{nic}})
	}
	return info, nodes
}

// fromAgent is a path from a pod on node a to the kubelet of node b.
func fromAgent(nodes facts.NodeList) facts.BrokenPath {
	return facts.BrokenPath{
		From: facts.NodeReport{Node: "a", AgentIP: netip.MustParseAddr("10.244.0.7"), Report: nodecheck.Result{FromAgent: true}},
		To:   nodes.Items[1],
	}
}

// Routes that every cluster of a kind has take nothing away.
func TestUsualRoutes(t *testing.T) {
	appliance := nsg.Route{Name: "default", Prefix: "0.0.0.0/0", NextHop: nsg.VirtualAppliance, NextHopIP: "10.0.1.4"}
	for name, test := range map[string]struct {
		plugin, mode string
		route        nsg.Route
		want         string // the route that is blamed; empty: none
	}{
		"egress of an overlay goes through a firewall": {"azure", "overlay", appliance, ""},
		"egress with kubenet goes through a firewall":  {"kubenet", "", appliance, ""},
		"AKS's own route to the pods of kubenet": {
			"kubenet", "", nsg.Route{Name: "aks", Prefix: "10.244.0.0/24", NextHop: nsg.VirtualAppliance, NextHopIP: "10.0.0.4"}, "",
		},
		"the subnet goes through a firewall": {
			"azure", "overlay", nsg.Route{Name: "nodes", Prefix: "10.0.0.0/24", NextHop: nsg.VirtualAppliance, NextHopIP: "10.0.1.4"}, "nodes",
		},
		"the subnet goes nowhere": {"azure", "overlay", nsg.Route{Name: "none", Prefix: "10.0.0.0/8", NextHop: nsg.None}, ""},
		"a node goes nowhere":     {"azure", "overlay", nsg.Route{Name: "none", Prefix: "10.0.0.5/32", NextHop: nsg.None}, "none"},
	} {
		info, nodes := azureOf(test.plugin, test.mode, nil, []nsg.Route{test.route})
		d, err := detourBetween(info, nodes, fromAgent(nodes))
		got := ""
		if d != nil {
			got = d.Route.Name
		}
		if err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

// A node that stopped is blamed on an appliance only if no node that is up sends its packets there.
func TestApplianceOfOthers(t *testing.T) {
	const up, down = "True", "Unknown"
	for name, c := range map[string]struct {
		other  string // whether the other node is up
		table  string // of the other node's subnet
		unread bool   // the other node's machine was not read
		want   bool
	}{
		"all are lost":                      {down, azureTable, false, true},
		"another with the same table is up": {up, azureTable, false, false},
		"another with its own table is up":  {up, azureTable + "-2", false, true},
		"another without a table is up":     {up, "", false, true},
		"another that was not read is up":   {up, azureTable + "-2", true, false},
	} {
		info, nodes := azureOf("azure", "overlay", nil, []nsg.Route{
			{Name: "default", Prefix: "0.0.0.0/0", NextHop: nsg.VirtualAppliance, NextHopIP: "10.0.1.4"},
		})
		info.API = []netip.Addr{netip.MustParseAddr("20.0.0.1")}
		nodes.Items[0].Ready.Status, nodes.Items[1].Ready.Status = down, c.other
		nodes.Items[0].Azure.ScaleSet, nodes.Items[1].Azure.ScaleSet = "pool1", "pool2"
		second := azure.Subnet{ID: info.Networks[0].ID + "/subnets/pool2", Prefixes: []string{"10.0.2.0/24"}, RouteTable: c.table}
		info.Networks[0].Subnets = append(info.Networks[0].Subnets, second)
		info.Machines[1].NICs[0].Subnet = second.ID
		if c.unread {
			info.Machines = info.Machines[:1]
		}
		f, _, err := cutOff(info, nodes, nodes.Items[0])
		if err != nil || (f != nil) != c.want {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// What was not read is unknown, whatever else says.
func TestUnreadAzure(t *testing.T) {
	internet := []nsg.Rule{{
		Name: "deny-internet", Priority: 200, Direction: "Outbound", Access: "Deny", Protocol: "*", SourcePorts: []string{"*"},
		Ports: []string{"*"}, Sources: []string{"*"}, Destinations: []string{"Internet"},
	}}
	info, nodes := azureOf("azure", "overlay", internet, []nsg.Route{})
	flow := topology.Flow{Protocol: "tcp", Destination: netip.MustParseAddr("20.0.0.1"), Port: 443}
	from := facts.NodeReport{Node: "a"}
	if v, err := deniedFlow(info, nodes, from, flow); v == nil || v.Rule.Name != "deny-internet" || err != nil {
		t.Errorf("with everything read: %+v, %v", v, err)
	}
	info.Tables = nil
	if v, err := deniedFlow(info, nodes, from, flow); v != nil || err == nil {
		t.Errorf("without the route table: %+v, %v", v, err)
	}
	info.Groups, info.Unread = nil, map[string]string{strings.ToLower(azureGroup): "missing Azure permission: x"}
	if v, err := deniedFlow(info, nodes, from, flow); v != nil || err == nil || !strings.Contains(err.Error(), "missing Azure permission") {
		t.Errorf("without the group: %+v, %v", v, err)
	}
	info.Machines = nil
	if v, err := deniedFlow(info, nodes, from, flow); v != nil || err == nil {
		t.Errorf("without the machine: %+v, %v", v, err)
	}
}

// Printed rules have names of their own and reach only what they are about; names that no resource has lead to no command.
func TestPrintedRules(t *testing.T) {
	deny := nsg.Rule{
		Name: "deny", Priority: 200, Direction: "Inbound", Access: "Deny", Protocol: "*", SourcePorts: []string{"*"}, Ports: []string{"*"},
		Sources: []string{"*"}, Destinations: []string{"*"},
	}
	taken := deny
	taken.Name, taken.Priority, taken.Direction, taken.Access = "Allow-AKS-nodes", 300, "Outbound", "Allow"
	info, nodes := azureOf("azure", "overlay", []nsg.Rule{deny, taken}, nil)
	v, err := deniedByGroup(info, nodes, fromAgent(nodes))
	if err != nil || v == nil {
		t.Fatal(v, err)
	}
	got := v.Fixes(allowNodes)[0].Commands[0].String()
	for _, want := range []string{"--name allow-aks-nodes-2 ", "--priority 199 ", "--source-address-prefixes 10.0.0.0/24 10.244.0.0/16"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	v.Group = "/subscriptions/s/resourceGroups/$(id)/providers/Microsoft.Network/networkSecurityGroups/x"
	for _, f := range v.Fixes(allowNodes) {
		if len(f.Commands) > 0 {
			t.Errorf("%v", f.Commands)
		}
	}
}
