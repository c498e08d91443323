package checks

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// snatOf returns what is known about node a, 10.0.0.4, whose largest group of connections has open of them.
func snatOf(open int, rules ...azure.OutboundRule) *snat {
	info, nodes := azureOf("azure", "overlay", nil, nil)
	info.Cluster.ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c"
	info.Cluster.OutboundType = "loadBalancer"
	info.SNAT = &facts.AzureSNAT{Outbound: azure.Outbound{LoadBalancer: "lb", Rules: rules}}
	to, other := netip.MustParseAddrPort("20.1.2.3:443"), netip.MustParseAddrPort("20.1.2.3:5432")
	pod, node := netip.MustParseAddr("10.244.0.7"), netip.MustParseAddr("10.0.0.4")
	held := facts.NodeConnection{Node: "a", Connections: &nodecheck.Connections{
		Pods: map[string]string{"10.244.0.7": "shop/orders"},
		Flows: []nodecheck.Flow{
			{Protocol: "udp", From: pod, To: to, Open: 5000},
			{Protocol: "tcp", From: pod, To: to, Open: open - 3, Waiting: 1},
			{Protocol: "tcp", From: node, To: to, Open: 2},
			{Protocol: "tcp", From: pod, To: other, Open: 1},
		},
		Programs: []nodecheck.Program{{Name: "kubelet", To: to, Count: 1}},
	}}
	return &snat{nodes: nodes, info: info, held: []facts.NodeConnection{held}}
}

func TestSNATPorts(t *testing.T) {
	address := []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32")}
	usual := azure.OutboundRule{Name: "aksOutboundRule", Addresses: address, Machines: 2}
	few := azure.OutboundRule{Name: "aksOutboundRule", Addresses: address, Machines: 2, Ports: 16}
	wide := azure.OutboundRule{Name: "aksOutboundRule", Addresses: address, Machines: 2, Ports: 64000}
	prefix := azure.OutboundRule{
		Name: "aksOutboundRule", Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.16/28")}, Machines: 2, Ports: 16000,
	}
	counted := func(s *snat, failed int) *snat {
		s.info.SNAT.Uses = []azure.SNATUse{{Address: netip.MustParseAddr("10.0.0.4"), Failed: failed}}
		return s
	}
	without := func(s *snat, change func(*facts.NodeConnection)) *snat {
		change(&s.held[0])
		return s
	}
	private := snatOf(1000, usual)
	private.info.Cluster.Private = true
	private.held[0].Connections.Flows = []nodecheck.Flow{
		{Protocol: "tcp", From: netip.MustParseAddr("10.0.0.4"), To: netip.MustParseAddrPort("10.0.0.200:443"), Open: 2000},
	}
	noTable := func(h *facts.NodeConnection) { h.Connections, h.Missing = nil, []string{"conntrack"} }
	noPods := func(h *facts.NodeConnection) { h.Connections.Pods = nil }
	for name, c := range map[string]struct {
		s             *snat
		summary, says string // of the finding; no summary: of the error
		fix           string
	}{
		"enough": {s: snatOf(900, usual)},
		"used up": {
			snatOf(1000, usual), "node a has no SNAT port left to 20.1.2.3:443: 1000 connections, and the load balancer gives each node 1024",
			"pod shop/orders has 998; each connection", "--load-balancer-outbound-ports 4096",
		},
		"few ports":                {snatOf(16, few), "gives each node 16", "pod shop/orders has 14", "--load-balancer-outbound-ports 1024"},
		"counted":                  {counted(snatOf(20, usual), 7), "counted 7 failed connections", "pod shop/orders has 18", "4096"},
		"not counted for the node": {s: counted(snatOf(20, usual), 0)},
		"for one node": {
			snatOf(20, wide), "the load balancer has SNAT ports for 1 of 2 nodes, with 64000 each", "",
			"--load-balancer-managed-outbound-ip-count 3 --load-balancer-outbound-ports 64000",
		},
		"a private API server": {s: private},
		"of a prefix": {
			snatOf(16000, prefix), "gives each node 16000", "", "-g g -n c --load-balancer-outbound-ports 64000",
		},
		"several rules": {s: snatOf(16, few, usual), says: "2 outbound rules"},
		"no rule":       {snatOf(16), "no outbound rule", "somebody removed it", "az aks update"},
		"no conntrack":  {s: without(snatOf(16, few), noTable), says: "node a has no conntrack"},
		"pod unknown": {
			without(snatOf(16, few), noPods), "gives each node 16", "a pod with the address 10.244.0.7 has 14", "1024",
		},
	} {
		f, err := c.s.finding(facts.NodeReport{Node: "a"})
		switch {
		case f == nil && c.summary != "", f != nil && c.summary == "":
			t.Errorf("%s: %+v, %v", name, f, err)
		case f == nil && (c.says == "") != (err == nil), f == nil && err != nil && !strings.Contains(err.Error(), c.says):
			t.Errorf("%s: error %v", name, err)
		case f != nil:
			fixes := ""
			for _, x := range f.Fixes {
				fixes += fmt.Sprintln(x.Title, x.Commands)
			}
			if !strings.Contains(f.Summary, c.summary) || !strings.Contains(f.Cause, c.says) || !strings.Contains(fixes, c.fix) {
				t.Errorf("%s: %s\n%s\n%s", name, f.Summary, f.Cause, fixes)
			}
			if f.Severity != check.Error {
				t.Errorf("%s: %s, and no agent is ready", name, f.Severity)
			}
		}
	}
}
