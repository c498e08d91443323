package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ClusterDNSAnswers looks the Service up as its clients in the cluster do.
var ClusterDNSAnswers = &check.Check{
	Code: "INS0801",
	Name: "cluster-dns-answers",
	Hop:  hopDNS,
	Doc: `the cluster's DNS resolves the Service's name

Clients in the cluster find a Service by its name, which CoreDNS answers or, on nodes with LocalDNS, a cache in front of it.
For an ExternalName Service, its external name is looked up.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/dns/basic-troubleshooting-dns-resolution-problems",
	},
	After: []*check.Check{ClusterIPAnswers},
	Needs: []check.Need{facts.Service, facts.InCluster, facts.ClusterDNS, facts.Policies, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		found, ok, err := probed(p, facts.InCluster)
		switch {
		case err != nil:
			return nil, err
		case !ok && s.ExternalName != "": // nothing else shows whether it works
			return nil, fmt.Errorf("the Service is an ExternalName for %s, which was not looked up: %s", s.ExternalName, found.NotProbed())
		case !ok:
			return nil, nil
		}
		var fs []check.Finding
		for _, l := range found.Items {
			f := check.Finding{Severity: check.Error, Target: check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}}
			switch {
			case l.Failure == "" && s.ExternalName != "":
				f.Severity = check.Info
				f.Summary = fmt.Sprintf("Service %s is an ExternalName for %s, which resolves to %s", s.Name, l.Name, strings.Join(l.Addresses, ", "))
				f.Cause = "connections to it were not tried"
				fs = append(fs, f)
				continue
			case l.Failure == "":
				continue
			}
			f.Summary = fmt.Sprintf("name %s does not resolve on node %s: %s", l.Name, found.From, l.Failure)
			if s.ExternalName != "" && l.Failure != endpoints.NoServer {
				f.Summary = fmt.Sprintf("externalName %s of Service %s does not resolve: %s", l.Name, s.Name, l.Failure)
				f.Cause = "the name does not exist, or the cluster's DNS cannot resolve it"
				f.Fixes = []check.Fix{fix("correct the Service's externalName", cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace))}
				return []check.Finding{f}, nil
			}
			f.Cause, f.Fixes, err = dnsCause(p, s.Namespace, found, l)
			if err != nil {
				return nil, err
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// dnsCause says why the name does not resolve. own is the namespace of the Service.
func dnsCause(p *check.Pass, own string, found facts.Lookups, l endpoints.Lookup) (string, []check.Fix, error) {
	dns, err := facts.ClusterDNS.Get(p)
	if err != nil {
		return "", nil, fmt.Errorf("%s does not resolve (%s), and the state of the cluster's DNS is unknown: %w", l.Name, l.Failure, err)
	}
	see := fix("show CoreDNS's pods and log",
		cmdline.Kubectl("get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "-o", "wide"),
		cmdline.Kubectl("logs", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--tail=20"),
	)
	servers := strings.Join(found.Servers, ", ")
	switch {
	case !dns.Exists:
		return "Service kube-system/kube-dns does not exist", []check.Fix{see}, nil
	case dns.Ready == 0:
		return "no CoreDNS pod is ready, so Service kube-system/kube-dns has no endpoints", []check.Fix{
			fix("scale CoreDNS up", cmdline.Kubectl("scale", "deployment", "coredns", "-n", "kube-system", "--replicas=2")), see,
		}, nil
	case l.Failure == endpoints.NoServer:
		if policies, err := facts.Policies.Get(p); err == nil && !policies.DNS.Allows() {
			v := policies.DNS
			return fmt.Sprintf("%s %s not allow egress from the client's pods to the cluster's DNS",
					policyNames(policies.Namespace, own, v.Policies), does(len(v.Policies))),
				[]check.Fix{addRule(policies.Namespace, netpolicy.Egress, v, policies.Namespace, "kube-system", netpolicy.DNSPort())}, nil
		}
		if err := facts.MayBeMeant(p); err != nil {
			return "", nil, fmt.Errorf("%s does not resolve, since the pods' name servers (%s) do not answer: %w", l.Name, servers, err)
		}
		cause := fmt.Sprintf("the pods' name servers (%s) do not answer, although %d CoreDNS endpoints are ready: "+
			"suspect a NetworkPolicy, kube-proxy or the node's firewall", servers, dns.Ready)
		return cause, []check.Fix{
			fix("look for a NetworkPolicy that denies egress to UDP port 53", cmdline.Kubectl("get", "networkpolicies", "-A")), see,
		}, nil
	}
	cause := fmt.Sprintf("the pods' name servers (%s) give this answer although the Service exists: "+
		"a zone in ConfigMap coredns-custom overrides it, or they are not the cluster's", servers)
	return cause, []check.Fix{
		fix("show the zones that were added to CoreDNS",
			cmdline.Kubectl("get", "configmap", "coredns-custom", "-n", "kube-system", "-o", "yaml")), see,
	}, nil
}
