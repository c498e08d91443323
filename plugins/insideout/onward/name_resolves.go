package onward

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// NameResolves looks the destination's host up.
var NameResolves = &check.Check{
	Code: "INS1002",
	Name: "name-resolves",
	Hop:  hopDNS,
	Doc: `the destination's name resolves, as the pod looks it up

The test pod, on the pod's node, looks the name up by the same search list; whether the pod itself is let out to the cluster's
DNS is up to the NetworkPolicies that select it.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/dns/basic-troubleshooting-dns-resolution-problems"},
	After:   []*check.Check{PodRuns},
	Needs:   []check.Need{facts.Origin, facts.OnwardNames, facts.OnwardPolicies},
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
		policies, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		last := names.Items[len(names.Items)-1]
		switch {
		case !o.ClusterDNS:
			return nil, fmt.Errorf("the pod does not ask the cluster's DNS (its dnsPolicy, or its node's network), which was asked for %s: what its own name servers say was not tried", o.To.Host)
		case names.From != o.Pod.Node:
			return nil, fmt.Errorf("the name was looked up from node %s: the pod's own node takes no test pod", names.From)
		case !policies.DNS.Allows() && policies.DNSElsewhere:
			return nil, fmt.Errorf("NetworkPolicy %s does not let the pod out to CoreDNS; pods ask an address of their node (%s), and what policies make of that is not known here", strings.Join(policies.DNS.Policies, ", "), strings.Join(names.Servers, ", "))
		case !policies.DNS.Allows():
			f := check.Finding{
				Severity: check.Error, Target: o.Ref(),
				Summary: fmt.Sprintf("NetworkPolicy %s selects pod %s and does not let it out to the cluster's DNS", strings.Join(policies.DNS.Policies, ", "), o.Pod.Name),
				Cause:   "the pod can look no name up: a policy for what goes out denies all that it does not name, and DNS is easily forgotten",
				Fixes:   []check.Fix{letOutToDNS(o.Namespace, policies.DNS)},
			}
			return enforced(f, policies, !policies.TestDNS.Allows() && last.Failure == facts.NoServer, !policies.TestDNS.Allows() && len(names.Found()) > 0), nil
		case len(names.Found()) > 0:
			return nil, nil
		case last.Failure == facts.NoServer && !policies.TestDNS.Allows():
			return nil, fmt.Errorf("NetworkPolicy %s lets the pod out to the cluster's DNS and not the test pod, so the name could not be looked up", strings.Join(policies.TestDNS.Policies, ", "))
		case o.OwnNames:
			return nil, fmt.Errorf("the name is not found as pods look it up (%s), and the pod has search domains, options or names of its own (dnsConfig, hostAliases)", last.Failure)
		}
		f := check.Finding{
			Severity: check.Error, Target: o.Ref(),
			Summary: fmt.Sprintf("on node %s the name %s cannot be resolved: %s", names.From, o.To.Host, last.Failure),
		}
		f.Cause, f.Fixes = unresolved(names, last.Failure)
		return []check.Finding{f}, nil
	},
}

// unresolved says what a failure means.
func unresolved(names facts.Lookups, failure string) (string, []check.Fix) {
	servers := strings.Join(names.Servers, ", ")
	forward := []check.Fix{fix("see what CoreDNS forwards where", kubectl("get", "configmaps", "coredns", "coredns-custom", "-n", "kube-system", "-o", "yaml", "--ignore-not-found"))}
	switch failure {
	case facts.NoServer:
		return fmt.Sprintf("the name servers of pods (%s) give no answer", servers), []check.Fix{fix("walk the cluster's DNS", kubectl("insideout", "svc/kube-dns", "-n", "kube-system"))}
	case "SERVFAIL", "REFUSED":
		return fmt.Sprintf("the name servers of pods (%s) cannot say: those to which they forward, such as the virtual network's own, do not answer or refuse", servers), forward
	}
	return fmt.Sprintf("the name servers of pods (%s) know no such name: it is wrong, or in a private zone that is not linked to the cluster's network", servers), forward
}
