package checks

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

const (
	azureIDs     = "/subscriptions/s/resourceGroups/mc/providers/Microsoft.Network/"
	azureLB      = azureIDs + "loadBalancers/kubernetes"
	managedGroup = azureIDs + "networkSecurityGroups/aks-agentpool-1-nsg"
	subnetGroup  = azureIDs + "networkSecurityGroups/nsg-nodes"
	nodeTable    = azureIDs + "routeTables/rt-nodes"
)

// inAzure is a Service with a public load balancer in front of two nodes, as AKS makes it.
type inAzure struct {
	service facts.ServiceInfo
	info    facts.BalancerInfo
	outcome string // of the second of two connections from here; the first one timed out
}

func newInAzure() inAzure {
	address, subnet := netip.MustParseAddr("203.0.113.51"), azureIDs+"virtualNetworks/v/subnets/nodes"
	a := inAzure{outcome: endpoints.TimedOut, service: facts.ServiceInfo{Namespace: "ns", Name: "web", LoadBalancer: &azurelb.LoadBalancer{
		Addresses: []string{address.String()},
		Rules:     []azurelb.Rule{{Port: 80, Protocol: "TCP", NodePort: 30080, Probe: &azurelb.Probe{Scheme: "tcp", Port: 30080}}},
	}}}
	a.info = facts.BalancerInfo{
		Client: netip.MustParseAddr("198.51.100.7"),
		Topology: topology.Topology{
			Cluster: topology.Cluster{NodeGroup: "mc", PluginMode: "overlay", PodCIDRs: []string{"10.244.0.0/16"}},
			Networks: []topology.Network{{
				ID: azureIDs + "virtualNetworks/v", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")},
				Subnets: []topology.Subnet{{ID: subnet, Prefixes: []string{"10.0.0.0/24"}}},
			}},
			Groups: []nsg.Group{{ID: managedGroup, Rules: []nsg.Rule{{
				Name: "k8s-azure-lb_allow_IPv4_1", Priority: 500, Direction: "Inbound", Access: "Allow", Protocol: "Tcp", SourcePorts: []string{"*"},
				Ports: []string{"80"}, Sources: []string{"Internet"}, Destinations: []string{address.String()},
			}}}},
		},
		Balancers: []topology.Balancer{{
			ID:        azureLB,
			Frontends: []topology.Frontend{{ID: azureLB + "/f", Address: address, PublicID: azureIDs + "publicIPAddresses/p"}},
			Pools:     []topology.Pool{{ID: azureLB + "/pool"}},
			Probes:    []topology.BalancerProbe{{ID: azureLB + "/probe", Protocol: "Tcp", Port: 30080}},
			Rules: []topology.BalancerRule{{
				ID: azureLB + "/rule", Protocol: "Tcp", Port: 80, BackendPort: 80, FloatingIP: true, Frontend: azureLB + "/f",
				Pools: []string{azureLB + "/pool"}, Probe: azureLB + "/probe",
			}},
		}},
	}
	for i, name := range []string{"a", "b"} {
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(4 + i)})
		a.info.Nodes = append(a.info.Nodes, facts.BalancedNode{Name: name, IP: ip})
		a.info.Machines = append(a.info.Machines, topology.Machine{Node: name, NICs: []topology.NIC{{
			ID: azureIDs + "networkInterfaces/" + name, Subnet: subnet, Group: managedGroup, Addresses: []netip.Addr{ip},
		}}})
		a.info.Balancers[0].Pools[0].Addresses = append(a.info.Balancers[0].Pools[0].Addresses, ip)
	}
	return a
}

// subnetRule puts a rule into a group of the subnet.
func (a *inAzure) subnetRule(r nsg.Rule) {
	r.SourcePorts = []string{"*"}
	a.info.Groups = append(a.info.Groups, nsg.Group{ID: subnetGroup, Rules: []nsg.Rule{r}})
	a.info.Networks[0].Subnets[0].Group = subnetGroup
}

// run returns the code of the first check that fails, and its finding; "INS0901" if none of Azure's does.
func (a inAzure) run(t *testing.T) (code string, f check.Finding) {
	t.Helper()
	env := &facts.Env{}
	fact.Put(env, facts.Service, a.service)
	fact.Put(env, facts.FromHere, facts.ClientAnswers{Items: []facts.ClientAnswer{{
		Address: "203.0.113.51", Port: 80, From: a.info.Client, Outcomes: []string{endpoints.TimedOut, a.outcome},
	}}})
	fact.Put(env, facts.AzureBalancer, a.info)
	has, probes, clients, replies := *AzureHasLoadBalancerRules, *AzureProbesReachNodes, *AzureAllowsClients, *AzureRoutesReplies
	has.After = nil
	probes.After, clients.After = []*check.Check{&has}, []*check.Check{&has, &probes}
	replies.After = []*check.Check{&clients}
	last := *ClientReachesLoadBalancer
	last.After = []*check.Check{&has, &probes, &clients, &replies}
	for _, r := range check.Run(t.Context(), []*check.Check{&has, &probes, &clients, &replies, &last}, env, nil) {
		switch r.Status {
		case check.Fail, check.Warn:
			return r.Code, r.Findings[0]
		case check.Unknown:
			t.Log(r.Code, r.Reason)
		}
	}
	return "", check.Finding{}
}

func TestAzureBalancer(t *testing.T) {
	deny := func(protocol, port string, sources ...string) nsg.Rule {
		return nsg.Rule{
			Name: "deny", Priority: 200, Direction: "Inbound", Access: "Deny", Protocol: protocol, Ports: []string{port}, Sources: sources,
			Destinations: []string{"*"},
		}
	}
	for name, test := range map[string]struct {
		change     func(*inAzure)
		code, text string
	}{
		"as AKS makes it":    {func(*inAzure) {}, "INS0901", "from this client"},
		"another port":       {func(a *inAzure) { a.subnetRule(deny("Tcp", "22", "*")) }, "INS0605", "DenyAllInBound"},
		"frontend removed":   {func(a *inAzure) { a.info.Balancers[0].Frontends = nil }, "INS0603", "no load balancer"},
		"rule removed":       {func(a *inAzure) { a.info.Balancers[0].Rules = nil }, "INS0603", "has no rule for TCP port 80"},
		"rule changed":       {func(a *inAzure) { a.info.Balancers[0].Rules[0].FloatingIP = false }, "INS0603", "port 80 of the nodes' own"},
		"pool emptied":       {func(a *inAzure) { a.info.Balancers[0].Pools[0].Addresses = nil }, "INS0603", "is empty"},
		"probe of nobody":    {func(a *inAzure) { a.info.Balancers[0].Probes[0].Port = 30764 }, "INS0603", "port 30764"},
		"shared probe":       {func(a *inAzure) { a.info.Balancers[0].Probes[0].Port = 10256 }, "INS0901", ""},
		"probes denied":      {func(a *inAzure) { a.subnetRule(deny("*", "*", "AzureLoadBalancer")) }, "INS0604", "(168.63.129.16)"},
		"clients denied":     {func(a *inAzure) { a.subnetRule(deny("Tcp", "80", "Internet")) }, "INS0605", "rule deny (priority 200)"},
		"default rules only": {func(a *inAzure) { a.subnetRule(deny("Udp", "53", "10.9.0.0/16")) }, "INS0605", "nsg-nodes"},
		"managed rule gone":  {func(a *inAzure) { a.info.Groups[0].Rules = nil }, "INS0605", "DenyAllInBound"},
		"invalid range": {func(a *inAzure) {
			a.info.Groups[0].Rules = nil
			a.service.LoadBalancer.Sources = []string{"198.51.100.7/24"}
		}, "INS0605", "DenyAllInBound"},
		"seen as down": {func(a *inAzure) {
			a.info.Health = []topology.Health{{Rule: azureLB + "/rule", Machines: []topology.MachineHealth{
				{Address: netip.MustParseAddr("10.0.0.4"), Reason: "Down_Probe_HttpStatus"}, {Address: netip.MustParseAddr("10.0.0.5")},
			}}}
		}, "INS0604", "sees node a as down"},
		"replies through a firewall": {func(a *inAzure) {
			a.info.Tables = []nsg.RouteTable{{ID: nodeTable, Routes: []nsg.Route{
				{Name: "default", Prefix: "0.0.0.0/0", NextHop: nsg.VirtualAppliance, NextHopIP: "10.0.9.4"},
			}}}
			a.info.Networks[0].Subnets[0].RouteTable = nodeTable
		}, "INS0606", "appliance 10.0.9.4"},
		"a route for these clients": {func(a *inAzure) {
			a.info.Tables = []nsg.RouteTable{{ID: nodeTable, Routes: []nsg.Route{
				{Name: "default", Prefix: "0.0.0.0/0", NextHop: nsg.VirtualAppliance, NextHopIP: "10.0.9.4"},
				{Name: "clients", Prefix: "198.51.100.0/24", NextHop: nsg.Internet},
			}}}
			a.info.Networks[0].Subnets[0].RouteTable = nodeTable
		}, "INS0901", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newInAzure()
			test.change(&a)
			code, f := a.run(t)
			if code != test.code || !strings.Contains(f.Summary, test.text) {
				t.Errorf("%s %s; %s", code, f.Summary, f.Cause)
			}
			t.Log(f.Summary, "|", f.Cause, "|", f.Fixes)
		})
	}
}

// Where the cloud provider's own rule, or the lack of it, denies this client, the cause names what the Service says.
func TestWhyTheManagedGroupDenies(t *testing.T) {
	for text, change := range map[string]func(*inAzure){
		"is missing from group": func(a *inAzure) { a.info.Groups[0].Rules = nil },
		"198.51.100.7/24, which is no address range": func(a *inAzure) {
			a.info.Groups[0].Rules, a.service.LoadBalancer.Sources = nil, []string{"198.51.100.7/24"}
		},
		"the Service allows only 192.0.2.0/24": func(a *inAzure) {
			a.info.Groups[0].Rules[0].Sources, a.service.LoadBalancer.Sources = []string{"192.0.2.0/24"}, []string{"192.0.2.0/24"}
		},
	} {
		a := newInAzure()
		change(&a)
		if code, f := a.run(t); code != "INS0605" || !strings.Contains(f.Cause, text) {
			t.Errorf("%s: %s; %s", code, f.Summary, f.Cause)
		}
	}
}

// A rule on one node's NIC is the verdict, and a warning only if some connections go to the other node.
func TestOneNodeDenies(t *testing.T) {
	for _, outcome := range []string{endpoints.Connected, endpoints.TimedOut} {
		a := newInAzure()
		a.outcome = outcome
		a.info.Groups = append(a.info.Groups, nsg.Group{ID: subnetGroup, Rules: []nsg.Rule{{
			Name: "deny", Priority: 200, Direction: "Inbound", Access: "Deny", Protocol: "Tcp", SourcePorts: []string{"*"}, Ports: []string{"80"},
			Sources: []string{"Internet"}, Destinations: []string{"*"},
		}}})
		a.info.Machines[1].NICs[0].Group = subnetGroup
		want := check.Error
		if outcome == endpoints.Connected {
			want = check.Warning
		}
		if code, f := a.run(t); code != "INS0605" || f.Severity != want {
			t.Errorf("%s: %s %s %s", outcome, code, f.Severity, f.Summary)
		}
	}
}

// What cannot be read is unknown, and neither a pass nor a finding.
func TestAzureBalancerUnread(t *testing.T) {
	for name, change := range map[string]func(*inAzure){
		"load balancers": func(a *inAzure) { a.info.BalancersError, a.info.Balancers = "missing Azure permission", nil },
		"group": func(a *inAzure) {
			a.info.Groups, a.info.Unread = nil, map[string]string{strings.ToLower(managedGroup): "missing Azure permission"}
		},
		"address": func(a *inAzure) {
			a.info.Balancers[0].Frontends[0].Address, a.info.Balancers[0].Frontends[0].Error = netip.Addr{}, "missing Azure permission"
		},
	} {
		a := newInAzure()
		change(&a)
		if code, f := a.run(t); code != "INS0901" {
			t.Errorf("%s: %s %s", name, code, f.Summary)
		}
	}
}
