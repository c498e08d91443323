package onward

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// NameResolves evaluates the lookup of the destination's host.
var NameResolves = &check.Check{
	Code: "INS1002",
	Name: "name-resolves",
	Hop:  hopDNS,
	Doc: `the destination's name resolves as the pod looks it up

A test pod on the pod's node looks the name up with the same search list. Whether the pod itself may reach the cluster's DNS
depends on the NetworkPolicies that select it.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/dns/basic-troubleshooting-dns-resolution-problems",
	},
	After: []*check.Check{PodRuns},
	Needs: []check.Need{facts.Origin, facts.OnwardNames, facts.OnwardPolicies, facts.NamedService},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		names, err := facts.OnwardNames.Get(p)
		switch {
		case err != nil:
			return nil, err
		case names.NotProbed() != "":
			return nil, fmt.Errorf("name %s was not looked up: %s", o.To.Host, names.NotProbed())
		case len(names.Items) == 0:
			p.Skip("the destination is an IP address")
			return nil, nil
		}
		policies, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		last := names.Of(o.To.Host)
		switch {
		case !o.ClusterDNS && isClusterName(names) && !o.CustomDNS:
			return []check.Finding{nodeNameServers(o)}, nil
		case !o.ClusterDNS:
			return nil, fmt.Errorf("name %s was looked up in the cluster's DNS, but the pod uses other name servers "+
				"(by its dnsPolicy, or as it is on its node's network)", o.To.Host)
		case names.From != o.Pod.Node:
			return nil, fmt.Errorf("the name was looked up on node %s, since the pod's own node cannot run a test pod", names.From)
		case !policies.DNS.Allows() && policies.DNSElsewhere:
			return nil, fmt.Errorf("NetworkPolicy %s does not allow egress to CoreDNS; the pods' name server is an address of their node (%s), "+
				"and whether policies allow that is unknown", strings.Join(policies.DNS.Policies, ", "), strings.Join(names.Servers, ", "))
		case !policies.DNS.Allows():
			f := check.Finding{
				Severity: check.Error, Target: o.Ref(),
				Summary: fmt.Sprintf("NetworkPolicy %s does not allow egress from pod %s to the cluster's DNS",
					strings.Join(policies.DNS.Policies, ", "), o.Pod.Name),
				Cause: "the pod cannot resolve names: an egress policy denies all that it does not list",
				Fixes: []check.Fix{dnsEgressFix(o.Namespace, policies.DNS)},
			}
			denied := !policies.TestDNS.Allows()
			return enforced(f, policies, denied && last.Failure == endpoints.NoServer, denied && len(names.Found()) > 0), nil
		case len(names.Found()) > 0:
			return nil, nil
		case last.Failure == endpoints.NoServer && !policies.TestDNS.Allows():
			return nil, fmt.Errorf("NetworkPolicy %s denies the test pod egress to the cluster's DNS, unlike the pod, "+
				"so the name could not be looked up", strings.Join(policies.TestDNS.Policies, ", "))
		case o.CustomDNS:
			return nil, fmt.Errorf("the name does not resolve as pods look it up (%s), but the pod has its own dnsConfig or hostAliases",
				last.Failure)
		}
		f := check.Finding{
			Severity: check.Error, Target: o.Ref(),
			Summary: fmt.Sprintf("name %s does not resolve on node %s: %s", o.To.Host, names.From, last.Failure),
		}
		cause, next := names.Explain(last.Failure, "it is wrong, or in a private zone that is not linked to the cluster's network")
		f.Cause, f.Fixes = cause, []check.Fix{next}
		if named, err := facts.NamedService.Get(p); err == nil && named.ExternalAddress() != "" {
			s := named.Service
			f.Cause = fmt.Sprintf("Service %s/%s is of type ExternalName and its external name is an IP address, %s: DNS takes it for a host name",
				s.Namespace, s.Name, s.ExternalName)
			f.Fixes = []check.Fix{fix("use a Service without selector, with an EndpointSlice for the address",
				cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace))}
		}
		return []check.Finding{f}, nil
	},
}

// isClusterName reports whether the name is one that only the cluster's DNS knows: of a Service, or of a pod behind one.
func isClusterName(names facts.Lookups) bool {
	return slices.ContainsFunc(names.Items, func(l endpoints.Lookup) bool { return len(l.Addresses) > 0 && strings.Contains(l.Name, ".svc.") })
}

// nodeNameServers is the finding on a pod that does not use the cluster's DNS, for a name that only that knows
// (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy).
func nodeNameServers(o facts.OriginPod) check.Finding {
	f := check.Finding{
		Severity: check.Error, Target: o.Ref(),
		Summary: fmt.Sprintf("pod %s does not use the cluster's DNS, which alone knows the name %s", o.Pod.Name, o.To.Host),
		Cause:   fmt.Sprintf("its dnsPolicy is %s, so it uses its node's name servers", o.DNSPolicy),
		Fixes:   []check.Fix{fix("set dnsPolicy to ClusterFirst in the pod's template")},
	}
	if o.Pod.HostNetwork {
		f.Cause = fmt.Sprintf("the pod is on its node's network and its dnsPolicy is %s, so it uses the node's name servers", o.DNSPolicy)
		f.Fixes = []check.Fix{fix("set dnsPolicy to ClusterFirstWithHostNet in the pod's template")}
	}
	return f
}
