package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AzureHasLoadBalancerRules finds what Azure's load balancer lacks of what the Service asks for.
var AzureHasLoadBalancerRules = &check.Check{
	Code: "INS0603",
	Name: "azure-has-load-balancer-rules",
	Hop:  hopLoadBalancer,
	Doc: `Azure's load balancer has the rules that the Service asks for

The cloud provider writes a frontend, a rule for each port, a health probe and the backend pool. Somebody else may have changed
them since: it writes them again only when the Service or the nodes change. Unless --azure=off, the load balancers of the node
resource group are read if connections from here fail.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/load-balancer-standard",
		"https://github.com/kubernetes/kubernetes/issues/71838",
	},
	After:    []*check.Check{LoadBalancerHasAddress, HealthProbesAreAnswered},
	Explains: true,
	Needs:    azureNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, info, ok, err := azureBalancer(p)
		if err != nil || !ok {
			return nil, err
		}
		all, err := info.Entries(s)
		var fs []check.Finding
		for _, e := range all {
			if f := lacking(s, info, e); f != nil {
				fs = append(fs, *f)
			}
		}
		return unlessFound(fs, check.Warning, err)
	},
}

// lacking returns a finding about what Azure lacks for the port, or nil.
func lacking(s facts.ServiceInfo, info facts.BalancerInfo, e facts.Entry) *check.Finding {
	port := fmt.Sprintf("%s port %d", e.Port.Protocol, e.Port.Port)
	f := &check.Finding{Severity: check.Error, Target: serviceRef(s), Fixes: []check.Fix{reconcile(s)}}
	switch {
	case e.Balancer == nil:
		f.Summary = fmt.Sprintf("no load balancer in resource group %s has the Service's address %s", info.Cluster.NodeGroup, e.Address)
		f.Cause = "its frontend or its public IP address was removed from Azure, and the Service still has the address in its status"
		return f
	case e.Rule == nil:
		f.Summary = fmt.Sprintf("load balancer %s has no rule for %s at %s", topology.NameOf(e.Balancer.ID), port, e.Address)
		f.Cause = "the rule was removed from Azure, or was never written"
		f.Evidence = showBalancer(*e.Balancer)
		return f
	}
	rule := topology.NameOf(e.Rule.ID)
	f.Evidence = showBalancer(*e.Balancer, ruleLine(*e.Rule))
	if text := misdirected(s, e); text != "" {
		f.Summary = fmt.Sprintf("rule %s of load balancer %s sends %s to %s", rule, topology.NameOf(e.Balancer.ID), port, text)
		f.Cause = "the rule was changed in Azure: it is not as the Service asks for"
		return f
	}
	if e.Balancer.Members(*e.Rule) == 0 {
		f.Summary = fmt.Sprintf("the backend pool of %s at %s is empty: load balancer %s has no node to send it to", port, e.Address,
			topology.NameOf(e.Balancer.ID))
		f.Cause = "the machines were removed from the pool in Azure, such as by a template that sets the pools of the scale set"
		return f
	}
	if absent := notInPool(info, e); s.LoadBalancer.Local && len(absent) > 0 {
		f.Summary = fmt.Sprintf("node %s is not in the backend pool of %s at %s", absent[0].Name, port, e.Address)
		f.Cause = "the load balancer sends it nothing, and with externalTrafficPolicy Local pods are reached only on their own nodes"
		if len(absent) < len(info.Nodes) {
			f.Severity = check.Warning
		}
		refs := make([]check.Ref, len(absent))
		for i, n := range absent {
			refs[i] = check.Ref{Kind: "node", Name: n.Name}
		}
		about := f.About(refs, len(info.Nodes), "nodes")
		return &about
	}
	return strangeProbe(s, e, f)
}

// misdirected says where the rule sends packets if that is not where the Service asks for; empty if it is.
func misdirected(s facts.ServiceInfo, e facts.Entry) string {
	want := int(e.Port.Port)
	if s.LoadBalancer.Translates {
		want = int(e.Port.NodePort)
	}
	switch {
	case e.Rule.Port == 0, e.Rule.FloatingIP == !s.LoadBalancer.Translates && e.Rule.BackendPort == want:
		return ""
	case e.Rule.FloatingIP:
		return fmt.Sprintf("port %d, with a floating IP", e.Rule.BackendPort)
	}
	return fmt.Sprintf("port %d of the nodes' own addresses", e.Rule.BackendPort)
}

// notInPool returns the nodes whose machines are certainly not in the rule's pools.
func notInPool(info facts.BalancerInfo, e facts.Entry) (absent []facts.BalancedNode) {
	for _, n := range info.Nodes {
		if m := info.Machine(n.Name); m != nil && m.Error == "" && len(m.NICs) > 0 && !e.Balancer.Has(*e.Rule, *m) {
			absent = append(absent, n)
		}
	}
	return absent
}

// sharedProbePort is that of the probe which all Services may share, that of kube-proxy's own health
// (https://cloud-provider-azure.sigs.k8s.io/topics/shared-probe/).
const sharedProbePort = 10256

// strangeProbe completes f if the rule's probe asks a port that is none of the Service's; otherwise it returns nil.
func strangeProbe(s facts.ServiceInfo, e facts.Entry, f *check.Finding) *check.Finding {
	probe := e.Balancer.Probe(*e.Rule)
	if probe == nil || probe.Port == sharedProbePort {
		return nil
	}
	for _, r := range s.LoadBalancer.Rules {
		if int(r.NodePort) == probe.Port || r.Probe != nil && int(r.Probe.Port) == probe.Port {
			return nil
		}
	}
	f.Summary = fmt.Sprintf("the health probe of %s port %d at %s asks port %d of the nodes, which is none of the Service's",
		e.Port.Protocol, e.Port.Port, e.Address, probe.Port)
	f.Cause = "the probe was changed in Azure: no node answers it, so the load balancer sends nothing to any"
	line := fmt.Sprintf("%s: %s, port %d %s", topology.NameOf(probe.ID), probe.Protocol, probe.Port, probe.Path)
	f.Evidence = showBalancer(*e.Balancer, line)
	return f
}

// ruleLine returns a rule in one line.
func ruleLine(r topology.BalancerRule) string {
	pools := make([]string, len(r.Pools))
	for i, id := range r.Pools {
		pools[i] = topology.NameOf(id)
	}
	slices.Sort(pools)
	text := fmt.Sprintf("%s: %s %d to port %d of %s", topology.NameOf(r.ID), r.Protocol, r.Port, r.BackendPort, strings.Join(pools, ", "))
	if r.FloatingIP {
		text += ", floating IP"
	}
	return text
}
