package onward

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// DestinationConnects connects from the pod's node and namespace.
var DestinationConnects = &check.Check{
	Code: "INS1004",
	Name: "destination-connects",
	Hop:  hopConnection,
	Doc: `the destination accepts connections from the pod's node

A test pod in the pod's namespace and on its node connects. It may be let out where the pod is not and the other way about: that is
judged before, by the NetworkPolicies.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/basic-troubleshooting-outbound-connections"},
	After:   []*check.Check{PoliciesLetPodOut},
	Needs:   []check.Need{facts.Origin, facts.Onward, facts.OnwardPolicies, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		a, err := facts.Onward.Get(p)
		switch {
		case err != nil:
			return nil, err
		case a.Off != "":
			return nil, fmt.Errorf("no connection was tried: %s", a.Off)
		case a.Connect == "":
			return nil, fmt.Errorf("no connection was tried: the address of %s is not known", o.To.Host)
		case a.Connect == endpoints.Connected:
			return nil, nil
		}
		way, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		switch {
		case o.Pod.HostNetwork:
			return nil, fmt.Errorf("a test pod gets no connection to %s (%s), and the pod is on its node's network, from which was not tried", a.Address, a.Connect)
		case a.From != o.Pod.Node:
			return nil, fmt.Errorf("from node %s, not the pod's own, no connection to %s comes about: %s", a.From, a.Address, a.Connect)
		case way.Destination.Led() && !way.TestPod.Open():
			return nil, fmt.Errorf("the pod is let out to %s and the test pod is not, so it could not be tried from its place", a.Address)
		}
		if a.Connect != endpoints.Refused {
			if err := facts.MayBeMeant(p); err != nil {
				return nil, fmt.Errorf("from node %s no connection to %s comes about (%s): %w", a.From, a.Address, a.Connect, err)
			}
		}
		f := check.Finding{
			Severity: check.Error, Target: o.Ref(),
			Summary: fmt.Sprintf("from node %s no connection to %s (%s) comes about: %s", a.From, o.To.Host, a.Address, a.Connect),
		}
		f.Cause, f.Fixes = why(a.Connect, way.Destination)
		return []check.Finding{f}, nil
	},
}

func why(outcome string, to facts.OnwardTarget) (string, []check.Fix) {
	if to.Service != nil {
		walk := []check.Fix{fix("walk the Service", kubectl("insideout", "svc/"+to.Service.Name, "-n", to.Service.Namespace))}
		name := fmt.Sprintf("Service %s of namespace %s", to.Service.Name, to.Service.Namespace)
		switch {
		case len(to.Ports) > 0:
			var ports []string
			for _, port := range to.Ports {
				ports = append(ports, port.String())
			}
			return fmt.Sprintf("%s has no such TCP port: it has %s", name, strings.Join(ports, ", ")), walk
		case to.NoEndpoint:
			return name + " has no ready endpoint", walk
		}
		return "the address is that of " + name, walk
	}
	switch outcome {
	case endpoints.Refused:
		return "the destination, or something before it, refuses: nothing listens on the port, or a firewall rejects", nil
	case endpoints.Unreachable:
		return "the node has no route there", nil
	}
	if to.Pod != nil {
		return "the pod does not answer, or the network between the nodes drops the packets", nil
	}
	return "packets are dropped on the way: by a network security group, a firewall or route table of the cluster's outbound type, or the destination's own firewall, which does not know the cluster's outbound address", nil
}
