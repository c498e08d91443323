package onward

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
)

// NameResolves looks the destination's host up.
var NameResolves = &check.Check{
	Code: "INS1002",
	Name: "name-resolves",
	Hop:  hopDNS,
	Doc: `the destination's name resolves, as the pod looks it up

The test pod, on the pod's node, looks the name up by the same search list; whether the pod itself is let out to the cluster's
DNS is up to the NetworkPolicies that select it.
Source: https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/dns/basic-troubleshooting-dns-resolution-problems`,
	After: []*check.Check{PodRuns},
	Needs: []check.Need{facts.Origin, facts.OnwardNames, facts.OnwardPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		names, err := facts.OnwardNames.Get(p)
		switch {
		case err != nil:
			return nil, err
		case names.Off != "":
			return nil, fmt.Errorf("the name %s was not looked up: %s", o.To.Host, names.Off)
		case len(names.Items) == 0:
			p.Skip("the destination is an address")
			return nil, nil
		}
		target := o.Ref()
		policies, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		if !policies.DNS.Admits() && o.DNSPolicy == "ClusterFirst" {
			return []check.Finding{{
				Severity: check.Error, Target: target,
				Summary: fmt.Sprintf("NetworkPolicy %s selects pod %s and does not let it out to the cluster's DNS", strings.Join(policies.DNS.Policies, ", "), o.Pod.Name),
				Cause:   "the pod can look no name up: a policy for what goes out denies all that it does not name, and DNS is easily forgotten",
				Fixes:   []check.Fix{letOutToDNS(o.Namespace, policies.DNS)},
			}}, nil
		}
		if len(names.Found()) > 0 {
			return nil, nil
		}
		last := names.Items[len(names.Items)-1]
		f := check.Finding{
			Severity: check.Error, Target: target,
			Summary: fmt.Sprintf("on node %s the name %s cannot be resolved: %s", names.From, o.To.Host, last.Failure),
			Cause:   fmt.Sprintf("the name servers of pods (%s) know no such name: it is wrong, or in a private zone that is not linked to the cluster's network", strings.Join(names.Servers, ", ")),
			Fixes:   []check.Fix{{Title: "see what CoreDNS forwards where", Commands: [][]string{kubectl("get", "configmaps", "coredns", "coredns-custom", "-n", "kube-system", "-o", "yaml", "--ignore-not-found")}}},
		}
		if last.Failure == facts.NoServer {
			f.Cause = fmt.Sprintf("the name servers of pods (%s) give no answer", strings.Join(names.Servers, ", "))
			f.Fixes = []check.Fix{{Title: "walk the cluster's DNS", Commands: [][]string{kubectl("insideout", "svc/kube-dns", "-n", "kube-system")}}}
		}
		return []check.Finding{f}, nil
	},
}
