package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AzureProbesReachNodes finds what keeps Azure's health probes from the nodes.
var AzureProbesReachNodes = &check.Check{
	Code: "INS0604",
	Name: "azure-probes-reach-nodes",
	Hop:  hopLoadBalancer,
	Doc: `Azure's health probes reach the nodes

The load balancer probes the nodes from 168.63.129.16. A network security group that denies the service tag AzureLoadBalancer takes
every node out, although each answers inside the cluster. Unless --azure=off, the groups are read and evaluated for the probes if
connections from here fail, and Azure is asked which nodes it sees as healthy.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview#probe-source-ip-address",
		"https://learn.microsoft.com/azure/load-balancer/load-balancer-health-status",
	},
	After:    []*check.Check{AzureHasLoadBalancerRules},
	Explains: true,
	Needs:    azureNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, info, ok, err := azureBalancer(p)
		if err != nil || !ok {
			return nil, err
		}
		all, err := info.Entries(s)
		unknown := []error{err}
		var fs []check.Finding
		seen := map[string]bool{} // probes of which a finding was made
		for _, e := range all {
			if e.Rule == nil || e.Rule.Probe == "" || seen[e.Rule.Probe] {
				continue
			}
			f, err := unprobed(info, e)
			unknown = append(unknown, err)
			if f == nil {
				f, err = unhealthy(s, info, e, err == nil)
				unknown = append(unknown, err)
			}
			if f != nil {
				seen[e.Rule.Probe] = true
				fs = append(fs, *f)
			}
		}
		return unlessFound(fs, check.Warning, check.Distinct(unknown))
	},
}

// prober is the address from which Azure sends health probes
// (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
var prober = netip.AddrFrom4([4]byte{168, 63, 129, 16})

// unprobed returns a finding if a network security group denies the rule's probes at nodes: an error if it does at all of them.
func unprobed(info facts.BalancerInfo, e facts.Entry) (*check.Finding, error) {
	probe := e.Balancer.Probe(*e.Rule)
	if probe == nil || probe.Port <= 0 || probe.Port > 65535 {
		return nil, nil
	}
	allow := topology.Allowance{
		Title: "allow the health probes before this rule", Name: "allow-azure-load-balancer", Ports: "*",
		Why: "it allows what the load balancer needs and the rule denies", From: []string{"AzureLoadBalancer"},
	}
	f, _, err := deniedNodes(info, func(n facts.BalancedNode) topology.Flow {
		return topology.Flow{To: n.Name, Protocol: "tcp", Source: prober, Destination: n.IP, Port: uint16(probe.Port)}
	}, "the load balancer's health probe ("+prober.String()+")", allow)
	return f, err
}

// deniedNodes returns a finding if network security groups certainly deny the flow to nodes, and the verdict at the first of these. An
// error says what is not known of others.
func deniedNodes(
	info facts.BalancerInfo, flow func(facts.BalancedNode) topology.Flow, client string, allow topology.Allowance,
) (*check.Finding, *topology.Verdict, error) {
	var first *topology.Verdict
	var denied []check.Ref
	var unknown []error
	for _, n := range info.Nodes {
		v, err := info.Decide(flow(n))
		switch {
		case v.Action != nsg.Deny:
			unknown = append(unknown, err)
		default:
			denied = append(denied, check.Ref{Kind: "node", Name: n.Name})
			if first == nil {
				first = &v
			}
		}
	}
	if first == nil {
		return nil, nil, check.Distinct(unknown)
	}
	f := first.Finding(client, allow)
	if f.Severity = check.Error; len(denied) < len(info.Nodes) {
		f.Severity = check.Warning
	}
	about := f.About(denied, len(info.Nodes), "nodes")
	return &about, first, nil
}

// unhealthy returns a finding if Azure sees nodes as down that should get the Service's traffic. allowed reports whether network security
// groups certainly allow its probes.
func unhealthy(s facts.ServiceInfo, info facts.BalancerInfo, e facts.Entry, allowed bool) (*check.Finding, error) {
	i := slices.IndexFunc(info.Health, func(h topology.Health) bool { return strings.EqualFold(h.Rule, e.Rule.ID) })
	if i < 0 {
		return nil, nil
	}
	h := info.Health[i]
	if h.Error != "" {
		return nil, fmt.Errorf("whether Azure sees nodes as healthy is unknown: %s", h.Error)
	}
	var down []check.Ref
	reason, judged := "", 0
	for _, n := range info.Nodes {
		m := healthOf(info, h, n)
		if m == nil {
			continue
		}
		judged++
		if !m.Up {
			down = append(down, check.Ref{Kind: "node", Name: n.Name})
			reason = m.Reason
		}
	}
	if len(down) == 0 {
		return nil, nil
	}
	f := check.Finding{
		Severity: check.Error, Target: serviceRef(s),
		Summary: fmt.Sprintf("Azure's load balancer sees node %s as down for %s port %d, and sends it nothing", down[0].Name,
			e.Port.Protocol, e.Port.Port),
		Cause:    "the node, or the app behind it, does not answer the health probe from " + prober.String() + " as it must",
		Evidence: showBalancer(*e.Balancer, ruleLine(*e.Rule)),
		Fixes:    []check.Fix{reconcile(s)},
	}
	if allowed {
		f.Cause += "; network security groups allow the probe, so see the node's firewall, NetworkPolicies, and what the app answers"
	}
	if reason != "" {
		f.Cause += "; Azure's reason: " + reason
	}
	if h.Up() > 0 {
		f.Severity = check.Warning
	}
	about := f.About(down, judged, "nodes")
	return &about, nil
}

// healthOf returns what the load balancer sees of the node's machine, or nil.
func healthOf(info facts.BalancerInfo, h topology.Health, n facts.BalancedNode) *topology.MachineHealth {
	m := info.Machine(n.Name)
	for i, known := range h.Machines {
		if known.Address.IsValid() && known.Address == n.IP {
			return &h.Machines[i]
		}
		if m == nil || known.Configuration == "" {
			continue
		}
		for _, nic := range m.NICs {
			if strings.HasPrefix(strings.ToLower(known.Configuration), strings.ToLower(nic.ID)+"/ipconfigurations/") {
				return &h.Machines[i]
			}
		}
	}
	return nil
}
