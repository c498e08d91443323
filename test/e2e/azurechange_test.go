package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/akstools/akstools/test/e2e/faults"
)

// change makes Azure as the fault has it.
func (a azureLab) change(t *testing.T, f faults.AzureFault, node int) {
	t.Helper()
	machine := azureMachines + fmt.Sprint(node) + azureNIC
	if f.Tags != nil { // rules name them
		a.tags(t, f.Tags)
	}
	if f.Members != nil {
		a.members(t, node, f.Members)
	}
	if f.Subnet != nil {
		a.group(t, azureNetwork+"networkSecurityGroups/nsg-nodes", f.Subnet)
		a.edit(t, azureSubnet, func(p map[string]any) {
			p["networkSecurityGroup"] = reference(azureNetwork + "networkSecurityGroups/nsg-nodes")
		})
	}
	if f.NIC != nil {
		a.group(t, azureNetwork+"networkSecurityGroups/nsg-nic", f.NIC)
		a.edit(t, machine, func(p map[string]any) {
			p["networkSecurityGroup"] = reference(azureNetwork + "networkSecurityGroups/nsg-nic")
		})
	}
	if f.Routes != nil || f.Pool2Routes != nil {
		a.on(t, "appliance", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0",
			"net.ipv4.conf.eth0.send_redirects=0")
	}
	if f.Routes != nil {
		table := azureNetwork + "routeTables/rt-nodes"
		a.put(t, table, map[string]any{"location": "eastus", "properties": map[string]any{"routes": routes(f.Routes)}})
		a.edit(t, azureSubnet, func(p map[string]any) { p["routeTable"] = reference(table) })
	}
	if f.Pool2 != nil || f.Pool2Routes != nil {
		a.secondPool(t, f)
	}
	if f.Loose != nil {
		a.group(t, azureNetwork+"networkSecurityGroups/nsg-loose", f.Loose)
	}
	if f.Deallocated {
		a.deallocate(t)
	}
	if f.Bare {
		for node := range 2 {
			a.edit(t, azureMachines+fmt.Sprint(node)+azureNIC, func(p map[string]any) { delete(p, "networkSecurityGroup") })
		}
	}
	if f.Appliance != "" {
		a.on(t, "appliance", "nft", "add table ip fw; add chain ip fw forward { type filter hook forward priority 0; }; add rule ip fw forward "+
			f.Appliance+" drop")
	}
	if f.State != "" {
		a.edit(t, azureCluster, func(p map[string]any) { p["provisioningState"] = f.State })
	}
	if f.Firewall {
		a.firewall(t)
	}
	if f.Ranges != nil {
		a.edit(t, azureCluster, func(p map[string]any) {
			p["apiServerAccessProfile"] = map[string]any{"authorizedIPRanges": f.Ranges}
		})
	}
	if f.Ports > 0 {
		a.snatPorts(t, f.Ports)
	}
	for i, n := range f.Hogs {
		a.hog(t, a.Nodes()[(node+i)%2], n)
	}
	if f.Managed != nil {
		a.edit(t, azureManaged, func(p map[string]any) { p["securityRules"] = append(securityRules(f.Managed), a.managed...) })
	}
}

// tags sets what is behind service tags.
func (a azureLab) tags(t *testing.T, tags map[string][]string) {
	t.Helper()
	values := []any{}
	for name, prefixes := range tags {
		values = append(values, map[string]any{"name": name, "id": name, "properties": map[string]any{"addressPrefixes": prefixes}})
	}
	a.put(t, azureSubscription+"/providers/Microsoft.Network/locations/eastus/serviceTags/public",
		map[string]any{"properties": map[string]any{"values": values}})
}

// deallocate deallocates the machine of node 1, as somebody does in the portal.
func (a azureLab) deallocate(t *testing.T) {
	t.Helper()
	t.Setenv("AZURE_CONFIG_DIR", a.owner)
	a.must(t, "sh", "-c", `exec az vmss deallocate -g mc_lab_lab_eastus -n aks-nodepool1-12345678-vmss --instance-ids 1`)
	t.Setenv("AZURE_CONFIG_DIR", a.reader)
}

// reset takes back what change has done.
func (a azureLab) reset(t *testing.T) {
	t.Helper()
	a.edit(t, azureMachines+"1", func(p map[string]any) {
		p["instanceView"] = map[string]any{"statuses": []any{map[string]any{"code": "PowerState/running"}}}
	})
	a.on(t, "switch", "ip", "link", "set", "p-n1", "up")
	a.must(t, "kubectl", "delete", "pods", "-l", "snat-hog", "--force", "--grace-period=0")
	a.snatPorts(t, 0)
	a.edit(t, azureSubnet, func(p map[string]any) {
		delete(p, "networkSecurityGroup")
		delete(p, "routeTable")
	})
	for node := range 2 {
		a.edit(t, azureMachines+fmt.Sprint(node)+azureNIC, func(p map[string]any) {
			p["networkSecurityGroup"] = reference(azureManaged)
			inSubnet(p, azureSubnet)
			inGroups(p)
		})
	}
	a.edit(t, azureManaged, func(p map[string]any) { p["securityRules"] = a.managed })
	a.edit(t, azureCluster, func(p map[string]any) {
		delete(p, "apiServerAccessProfile")
		p["provisioningState"] = "Succeeded"
		p["networkProfile"].(map[string]any)["outboundType"] = "loadBalancer"
	})
	a.on(t, "appliance", "sh", "-c", "nft delete table ip fw 2>/dev/null; ip addr del "+firewallAddress+"/32 dev lo 2>/dev/null; true")
	a.on(t, "control-plane", "sh", "-c", "ip route del "+firewallAddress+" 2>/dev/null; true")
	for _, name := range []string{
		"networkSecurityGroups/nsg-nodes", "networkSecurityGroups/nsg-nic", "networkSecurityGroups/nsg-nic0",
		"networkSecurityGroups/nsg-nic1", "virtualNetworks/aks-vnet-12345678/subnets/snet-pool2",
		"networkSecurityGroups/nsg-pool2", "networkSecurityGroups/nsg-loose", "routeTables/rt-nodes", "routeTables/rt-pool2",
		"azureFirewalls/fw", "publicIPAddresses/fw-ip", "applicationSecurityGroups/asg-nodes",
	} {
		a.run(t, "", "lab", "azure", "delete", azureNetwork+name) // there may be none
	}
	a.tunnelWorks(t)
}

// secondPool moves node 1 to a subnet of its own.
func (a azureLab) secondPool(t *testing.T, f faults.AzureFault) {
	t.Helper()
	const subnet = azureNetwork + "virtualNetworks/aks-vnet-12345678/subnets/snet-pool2"
	properties := map[string]any{"addressPrefix": "10.220.0.21/32"}
	if f.Pool2 != nil {
		a.group(t, azureNetwork+"networkSecurityGroups/nsg-pool2", f.Pool2)
		properties["networkSecurityGroup"] = reference(azureNetwork + "networkSecurityGroups/nsg-pool2")
	}
	if f.Pool2Routes != nil {
		table := azureNetwork + "routeTables/rt-pool2"
		a.put(t, table, map[string]any{"location": "eastus", "properties": map[string]any{"routes": routes(f.Pool2Routes)}})
		properties["routeTable"] = reference(table)
	}
	a.put(t, subnet, map[string]any{"properties": properties})
	a.edit(t, azureMachines+"1"+azureNIC, func(p map[string]any) { inSubnet(p, subnet) })
}

// inSubnet moves the NIC with the properties to the subnet.
func inSubnet(properties map[string]any, subnet string) {
	for _, c := range properties["ipConfigurations"].([]any) {
		c.(map[string]any)["properties"].(map[string]any)["subnet"] = reference(subnet)
	}
}

// inGroups makes the NIC with the properties a member of the application security groups, and of no others.
func inGroups(properties map[string]any, groups ...string) {
	for _, c := range properties["ipConfigurations"].([]any) {
		p := c.(map[string]any)["properties"].(map[string]any)
		delete(p, "applicationSecurityGroups")
		for _, g := range groups {
			p["applicationSecurityGroups"] = []any{reference(g)}
		}
	}
}

const azureASG = azureNetwork + "applicationSecurityGroups/asg-nodes"

// members makes the NICs of the nodes members of the application security group.
func (a azureLab) members(t *testing.T, first int, nodes []int) {
	t.Helper()
	a.put(t, azureASG, map[string]any{"location": "eastus", "properties": map[string]any{}})
	for _, n := range nodes {
		a.edit(t, azureMachines+fmt.Sprint((first+n)%2)+azureNIC, func(p map[string]any) { inGroups(p, azureASG) })
	}
}

// firewallAddress is the public address of the firewall.
const firewallAddress = "203.0.113.40"

// firewall makes the appliance an Azure Firewall, which the cluster's egress goes through.
func (a azureLab) firewall(t *testing.T) {
	t.Helper()
	address := azureNetwork + "publicIPAddresses/fw-ip"
	a.put(t, address, map[string]any{"location": "eastus", "properties": map[string]any{"ipAddress": firewallAddress}})
	a.put(t, azureNetwork+"azureFirewalls/fw", map[string]any{"location": "eastus", "properties": map[string]any{
		"ipConfigurations": []any{map[string]any{"name": "fw", "properties": map[string]any{
			"privateIPAddress": "10.220.0.40", "publicIPAddress": reference(address),
		}}},
	}})
	a.edit(t, azureCluster, func(p map[string]any) {
		p["networkProfile"].(map[string]any)["outboundType"] = "userDefinedRouting"
	})
	a.on(t, "appliance", "sh", "-c", "ip addr add "+firewallAddress+"/32 dev lo && nft 'add table ip fw; "+
		"add chain ip fw egress { type nat hook postrouting priority srcnat; }; "+
		"add rule ip fw egress ip daddr 10.220.0.10 snat to "+firewallAddress+"'")
	a.on(t, "control-plane", "ip", "route", "add", firewallAddress, "via", "10.220.0.40")
}

func reference(id string) map[string]any { return map[string]any{"id": id} }

// edit changes the properties of a resource.
func (a azureLab) edit(t *testing.T, id string, change func(properties map[string]any)) {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "get", id)), &o); err != nil {
		t.Fatal(err)
	}
	properties, _ := o["properties"].(map[string]any)
	before := fmt.Sprint(properties) // of which the keys are sorted
	change(properties)
	if before != fmt.Sprint(properties) {
		a.put(t, id, o)
	}
}

func (a azureLab) put(t *testing.T, id string, o any) {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if r := a.run(t, string(b), "lab", "azure", "put", id); r.code != 0 {
		t.Fatalf("putting %s: %s", id, r.stderr)
	}
}

// group creates a network security group with the rules, besides those that every group has.
func (a azureLab) group(t *testing.T, id string, rules []faults.AzureRule) {
	t.Helper()
	var managed struct {
		Properties struct{ DefaultSecurityRules []any }
	}
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "get", azureManaged)), &managed); err != nil {
		t.Fatal(err)
	}
	a.put(t, id, map[string]any{"location": "eastus", "properties": map[string]any{
		"securityRules": securityRules(rules), "defaultSecurityRules": managed.Properties.DefaultSecurityRules,
	}})
}

func routes(list []faults.AzureRoute) []any {
	all := []any{}
	for _, r := range list {
		properties := map[string]any{"addressPrefix": r.Prefix, "nextHopType": r.NextHop}
		if r.IP != "" {
			properties["nextHopIpAddress"] = r.IP
		}
		all = append(all, map[string]any{"name": r.Name, "properties": properties})
	}
	return all
}

func securityRules(rules []faults.AzureRule) []any {
	all := []any{}
	for _, r := range rules {
		properties := map[string]any{
			"priority": r.Priority, "direction": r.Direction, "access": r.Access, "protocol": r.Protocol, "sourcePortRange": "*",
			"sourceAddressPrefixes": r.Sources, "destinationPortRanges": r.Ports,
		}
		if r.ToMembers {
			properties["destinationApplicationSecurityGroups"] = []any{reference(azureASG)}
		} else {
			properties["destinationAddressPrefixes"] = r.Destinations
		}
		all = append(all, map[string]any{"name": r.Name, "properties": properties})
	}
	return all
}
