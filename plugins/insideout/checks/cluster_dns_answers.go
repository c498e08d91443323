package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ClusterDNSAnswers looks the Service up as its clients in the cluster do.
var ClusterDNSAnswers = &check.Check{
	Code: "INS0801",
	Name: "cluster-dns-answers",
	Hop:  hopDNS,
	Doc: `the cluster's DNS resolves the Service's name

Clients in the cluster find a Service by its name, which CoreDNS answers, or, on nodes with LocalDNS, a cache before it. For
an ExternalName the name that it leads to is looked up.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/dns/basic-troubleshooting-dns-resolution-problems"},
	After:   []*check.Check{ClusterIPAnswers},
	Needs:   []check.Need{facts.Service, facts.InCluster, facts.ClusterDNS, facts.Policies, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		found, err := facts.InCluster.Get(p)
		switch {
		case err != nil:
			return nil, err
		case found.Off != "" && s.ExternalName != "":
			return nil, fmt.Errorf("the Service is an alias of the DNS name %s, which was not looked up: %s", s.ExternalName, found.Off)
		case found.Off != "":
			p.Skip("it was not probed: %s", found.Off)
			return nil, nil
		}
		var fs []check.Finding
		for _, l := range found.Items {
			f := check.Finding{Severity: check.Error, Target: check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}}
			switch {
			case l.Failure == "" && s.ExternalName != "":
				f.Severity = check.Info
				f.Summary = fmt.Sprintf("Service %s is an alias of %s, which resolves to %s", s.Name, l.Name, strings.Join(l.Addresses, ", "))
				f.Cause = "whether anything answers there was not tried: it is outside of what Kubernetes knows"
				fs = append(fs, f)
				continue
			case l.Failure == "":
				continue
			}
			f.Summary = fmt.Sprintf("from node %s the name %s cannot be resolved: %s", found.From, l.Name, l.Failure)
			if s.ExternalName != "" && l.Failure != facts.NoServer {
				f.Summary = fmt.Sprintf("the externalName %s of Service %s cannot be resolved: %s", l.Name, s.Name, l.Failure)
				f.Cause = "the Service leads to a name that is not there, or that the cluster's DNS cannot resolve"
				f.Fixes = []check.Fix{fix("correct the Service's externalName", kubectl("edit", "service", s.Name, "-n", s.Namespace))}
				return []check.Finding{f}, nil
			}
			if f.Cause, f.Fixes, err = dnsCause(p, found, l); err != nil {
				return nil, err
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

func dnsCause(p *check.Pass, found facts.Lookups, l facts.Lookup) (string, []check.Fix, error) {
	dns, err := facts.ClusterDNS.Get(p)
	if err != nil {
		return "", nil, fmt.Errorf("%s cannot be resolved (%s), and why could not be read: %w", l.Name, l.Failure, err)
	}
	see := fix("see what CoreDNS says",
		kubectl("get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "-o", "wide"), kubectl("logs", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--tail=20"),
	)
	servers := strings.Join(found.Servers, ", ")
	switch {
	case !dns.Exists:
		return "there is no Service kube-dns in namespace kube-system", []check.Fix{see}, nil
	case dns.Ready == 0:
		return "no CoreDNS pod is ready: the Service kube-dns has no endpoint", []check.Fix{
			fix("bring CoreDNS back", kubectl("scale", "deployment", "coredns", "-n", "kube-system", "--replicas=2")), see,
		}, nil
	case l.Failure == facts.NoServer:
		if passages, err := facts.Policies.Get(p); err == nil && !passages.DNS.Allows() {
			j := passages.DNS
			return fmt.Sprintf("%s of namespace %s does not let the client's pods out to the cluster's DNS", policyNames(j.Policies), passages.Namespace),
				[]check.Fix{addRule(passages.Namespace, netpolicy.Egress, j, passages.Namespace, "kube-system", facts.DNSPort)}, nil
		}
		if err := facts.MayBeMeant(p); err != nil {
			return "", nil, fmt.Errorf("%s cannot be resolved, since the name servers of pods (%s) give no answer: %w", l.Name, servers, err)
		}
		return fmt.Sprintf("the name servers of pods (%s) give no answer, while %d CoreDNS endpoints are ready: a NetworkPolicy that lets no DNS out, kube-proxy, or a rule of the node", servers, dns.Ready), []check.Fix{
			fix("look for a NetworkPolicy that lets no UDP port 53 out", kubectl("get", "networkpolicies", "-A")), see,
		}, nil
	}
	return fmt.Sprintf("the name servers of pods (%s) answer so, while the Service is there: a zone of ConfigMap coredns-custom, or name servers that are not the cluster's", servers), []check.Fix{
		fix("look into the zones that were added to CoreDNS", kubectl("get", "configmap", "coredns-custom", "-n", "kube-system", "-o", "yaml")), see,
	}, nil
}
