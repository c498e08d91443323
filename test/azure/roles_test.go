package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
)

// TestRolesAreExact holds that the documented roles allow all that is read, and that each of their actions is needed: without it,
// something fails and names it.
func TestRolesAreExact(t *testing.T) {
	m := start(t)
	const (
		zone   = networks + "privateDnsZones/c0ffee.privatelink.eastus.azmk8s.io"
		vm     = groupID + nodeGroup + "/providers/Microsoft.Compute/virtualMachines/alone"
		nic    = networks + "networkInterfaces/alone-nic"
		table  = networks + "routeTables/rt-nodes"
		subnet = networks + "virtualNetworks/aks-vnet-12345678/subnets/aks-subnet"
		group  = networks + "networkSecurityGroups/aks-agentpool-12345678-nsg"
		gate   = networks + "natGateways/nat"
		fire   = networks + "azureFirewalls/fw"
		ip     = networks + "publicIPAddresses/ip"
		ips    = networks + "publicIPPrefixes/ips"
	)
	for path, body := range map[string]map[string]any{
		zone:  {"location": "global"},
		table: {"location": "eastus", "properties": map[string]any{"routes": []any{}}},
		nic:   {"location": "eastus", "properties": map[string]any{}},
		vm: {"location": "eastus", "properties": map[string]any{"networkProfile": map[string]any{
			"networkInterfaces": []any{map[string]any{"id": nic}},
		}}},
		gate: {"location": "eastus", "properties": map[string]any{
			"publicIpAddresses": []any{map[string]any{"id": ip}}, "publicIpPrefixes": []any{map[string]any{"id": ips}},
		}},
		fire: {"location": "eastus", "properties": map[string]any{"ipConfigurations": []any{map[string]any{
			"name": "a", "properties": map[string]any{"privateIPAddress": "10.220.0.40", "publicIPAddress": map[string]any{"id": ip}},
		}}}},
		ip:  {"location": "eastus", "properties": map[string]any{"ipAddress": "203.0.113.40"}},
		ips: {"location": "eastus", "properties": map[string]any{"ipPrefix": "203.0.113.64/28"}},
	} {
		m.do(http.MethodPut, "/arm"+path, body, nil)
	}
	login := m.signIn(m.login.Secret)
	c := m.client()
	read := func(ctx context.Context) map[string]error {
		errs := map[string]error{}
		_, errs["FindCluster"] = azure.FindCluster(ctx, c, nodeGroup, []string{fqdn})
		_, _, errs["ByServer"] = azure.ByServer(ctx, login, []string{fqdn}, plugin)
		_, errs["ZoneNetworks"] = azure.ZoneNetworks(ctx, c, zone)
		_, errs["MachineNICs"] = azure.MachineNICs(ctx, c, machine)
		_, errs["MachineNICs of a virtual machine"] = azure.MachineNICs(ctx, c, id.Instance{
			Subscription: subscription, ResourceGroup: nodeGroup, ID: "alone",
		})
		power, err := azure.Power(ctx, c, machine)
		if errs["Power"] = err; err == nil && power != "running" {
			t.Errorf("power state %q", power)
		}
		_, errs["NetworkOf"] = azure.NetworkOf(ctx, c, subnet)
		_, errs["SecurityGroup"] = azure.SecurityGroup(ctx, c, group)
		_, errs["RouteTable"] = azure.RouteTable(ctx, c, table)
		_, errs["ServiceTags"] = azure.ServiceTags(ctx, c, "eastus", nil)
		nat, err := azure.NATGatewayEgress(ctx, c, gate)
		if errs["NATGatewayEgress"] = err; err == nil && fmt.Sprint(nat) != "[203.0.113.40/32 203.0.113.64/28]" {
			t.Errorf("a NAT gateway's addresses: %v", nat)
		}
		var firewalls []azure.Firewall
		if firewalls, errs["Firewalls"] = azure.Firewalls(ctx, c); len(firewalls) == 1 {
			egress, err := azure.FirewallEgress(ctx, c, firewalls[0])
			if errs["FirewallEgress"] = err; err == nil && fmt.Sprint(egress) != "[203.0.113.40/32]" {
				t.Errorf("a firewall's addresses: %v", egress)
			}
		}
		outbound, err := azure.OutboundOf(ctx, c, nodeGroup)
		if errs["OutboundOf"] = err; err == nil {
			if len(outbound.Rules) != 1 || outbound.Rules[0].PortsOfMachine() != 1024 || outbound.Rules[0].MachinesWithPorts() != 62 {
				t.Errorf("the outbound rules %+v", outbound.Rules)
			}
			_, errs["SNATUses"] = azure.SNATUses(ctx, c, outbound.LoadBalancer, time.Now())
		}
		return errs
	}
	login.Subscriptions = []azure.Subscription{{ID: subscription}}
	all := actions(t, "tunneldoctor-read.json")
	m.allow(all)
	for name, err := range read(t.Context()) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, action := range all {
		m.allow(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == action }))
		named := false
		for _, err := range read(t.Context()) {
			named = named || err != nil && strings.Contains(err.Error(), action)
		}
		if !named {
			t.Errorf("nothing fails without %s", action)
		}
	}
	m.allow(actions(t, "aksnode-read.json"))
	states, err := azure.PowerOfScaleSet(t.Context(), c, machine)
	if err != nil || states["0"] != "running" || states["1"] != "running" {
		t.Errorf("power states %v, %v", states, err)
	}
	run := func() error { // as package machine does
		_, found := azure.FindCluster(t.Context(), c, nodeGroup, []string{fqdn})
		_, ran := azure.RunCommand(t.Context(), c, machine, "true")
		return errors.Join(found, ran)
	}
	all = actions(t, "run-command.json")
	m.allow(all)
	if err := run(); err != nil {
		t.Error(err)
	}
	for _, action := range all {
		if action == "Microsoft.Compute/virtualMachines/runCommand/action" {
			continue // the lab runs commands on machines of scale sets only
		}
		time.Sleep(time.Second) // until the machine takes another command
		m.allow(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == action }))
		if err := run(); err == nil || !strings.Contains(err.Error(), action) {
			t.Errorf("without %s: %v", action, err)
		}
	}
}

// actions returns the actions of a documented role.
func actions(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile("../../docs/azure/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var role struct{ Actions []string }
	if err := json.Unmarshal(b, &role); err != nil {
		t.Fatal(err)
	}
	return role.Actions
}

// allow gives the reader a role with these actions and no other.
func (m *resourceManager) allow(actions []string) {
	m.t.Helper()
	m.rules(func(r map[string]any) {
		roles, _ := r["roles"].([]any)
		roles = slices.DeleteFunc(roles, func(r any) bool { return r.(map[string]any)["name"] == "documented" })
		r["roles"] = append(roles, map[string]any{"name": "documented", "actions": actions})
	})
	m.assign("documented", "/subscriptions/"+subscription)
}
