package checks

import (
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// azureNeeds are the facts that azureBalancer reads.
var azureNeeds = []check.Need{facts.Service, facts.FromHere, facts.AzureBalancer}

// azureBalancer returns the Service and what Azure has for it. ok is false if no connection from here fails, and if Azure was not read:
// the check is then skipped.
func azureBalancer(p *check.Pass) (s facts.ServiceInfo, info facts.BalancerInfo, ok bool, err error) {
	s, ok, err = loadBalanced(p)
	if err != nil || !ok {
		return s, info, false, err
	}
	here, ok, err := probed(p, facts.FromHere)
	if err != nil || !ok {
		return s, info, false, err
	}
	if len(here.Failed()) == 0 {
		p.Skip("no connection from here fails that Azure could explain")
		return s, info, false, nil
	}
	info, err = facts.AzureBalancer.Get(p)
	if facts.IsNotHeld(err) {
		info, err = facts.BalancerInfo{Off: "the bundle holds nothing of Azure"}, nil
	}
	if err == nil && info.Off != "" {
		p.Skip("%s", info.Off)
		return s, info, false, nil
	}
	return s, info, err == nil, err
}

// flowTo returns the connection of a client to the port, as network security groups see it at the node
// (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#azure-platform-considerations).
func flowTo(e facts.Entry, client netip.Addr, to facts.BalancedNode) topology.Flow {
	f := topology.Flow{To: to.Name, Protocol: strings.ToLower(e.Port.Protocol), Source: client}
	if e.Rule.FloatingIP {
		f.Destination, f.Behind, f.Port = e.Address, to.IP, uint16(e.Port.Port) //nolint:gosec // a port
		return f
	}
	f.Destination, f.Port = to.IP, uint16(e.Rule.BackendPort) //nolint:gosec // Azure takes no others
	return f
}

// serviceRef refers to the Service.
func serviceRef(s facts.ServiceInfo) check.Ref {
	return check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
}

// reconcile makes the cloud provider write what the Service asks for again: a change of annotations does
// (https://github.com/kubernetes/cloud-provider/blob/v0.36.0/controllers/service/controller.go).
func reconcile(s facts.ServiceInfo) check.Fix {
	annotate := cmdline.Kubectl("annotate", "service", s.Name, "-n", s.Namespace)
	return fix("make the cloud provider write its settings again: add and remove an annotation of the Service",
		annotate.With(reconcileAnnotation+"=now"), annotate.With(reconcileAnnotation+"-"))
}

const reconcileAnnotation = "akstools.dev/reconcile"

// showBalancer is the command that shows the load balancer.
func showBalancer(b topology.Balancer, lines ...string) []check.Evidence {
	return []check.Evidence{{Source: cmdline.Az("network", "lb", "show", "--ids", b.ID), Lines: lines}}
}
