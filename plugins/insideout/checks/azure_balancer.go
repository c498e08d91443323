package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/azurelb"
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

// entry is a port of the Service at an address, and what the load balancer has for it.
type entry struct {
	address  netip.Addr
	port     azurelb.Rule
	balancer *topology.Balancer     // nil: none is known to have the address
	frontend *topology.Frontend     // nil: as above
	rule     *topology.BalancerRule // nil: there is none
}

// entries returns what load balancers have for the Service's addresses and ports. An error says what is not known of the others.
func entries(s facts.ServiceInfo, info facts.BalancerInfo) (all []entry, err error) {
	if info.BalancersError != "" {
		return nil, errors.New(info.BalancersError)
	}
	for _, text := range s.LoadBalancer.Addresses {
		a, bad := netip.ParseAddr(text)
		if bad != nil {
			continue // a host name is none of Azure's
		}
		at := entry{address: a}
		for i, b := range info.Balancers {
			f, unknown := b.Frontend(a)
			switch {
			case f != nil:
				at.balancer, at.frontend = &info.Balancers[i], f
			case len(unknown) > 0 && err == nil:
				err = fmt.Errorf("the address of frontend %s of load balancer %s is unknown: %s", topology.NameOf(unknown[0].ID),
					topology.NameOf(b.ID), unknown[0].Error)
			}
		}
		if at.balancer == nil && err != nil {
			return nil, err
		}
		for _, port := range s.LoadBalancer.Rules {
			e := at
			if e.port = port; e.balancer != nil {
				e.rule = e.balancer.Rule(*e.frontend, port.Protocol, int(port.Port))
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// flow returns the connection of a client to the port, as network security groups see it at the node
// (https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#azure-platform-considerations).
func (e entry) flow(client netip.Addr, to facts.BalancedNode) topology.Flow {
	f := topology.Flow{To: to.Name, Protocol: strings.ToLower(e.port.Protocol), Source: client}
	if e.rule.FloatingIP {
		f.Destination, f.Behind, f.Port = e.address, to.IP, uint16(e.port.Port) //nolint:gosec // a port
		return f
	}
	f.Destination, f.Port = to.IP, uint16(e.rule.BackendPort) //nolint:gosec // Azure takes no others
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
