package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ClusterDNSRuns finds a cluster whose DNS nobody serves.
var ClusterDNSRuns = &check.Check{
	Code: "CON0708",
	Name: "cluster-dns-runs",
	Hop:  hopTarget,
	Doc: `the cluster's DNS runs: Service kube-dns has a ready endpoint

Without it pods find neither the target nor Entra ID. Whether it knows the target's name is tried by validate.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/coredns-custom",
		"https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/",
	},
	Needs: provided(facts.Consumers, facts.ClusterDNS),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		if _, _, ok, err := consumers(p); !ok {
			return nil, err
		}
		dns, err := facts.ClusterDNS.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("the bundle is of an earlier version, which did not read the cluster's DNS")
			return nil, nil
		}
		if err != nil || dns.Endpoints > 0 {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		alive := pods.Alive()
		switch {
		case !dns.Service:
			p.Skip("namespace %s has no Service %s: the cluster has another DNS", system, facts.DNSService)
			return nil, nil
		case len(alive) > 0 && !slices.ContainsFunc(alive, func(pod facts.ConsumerPod) bool { return !pod.OwnDNS() }):
			p.Skip("the pods that use the connection do not ask the cluster's DNS")
			return nil, nil
		}
		f := check.Finding{
			Severity: check.Error, Target: check.Ref{Kind: "service", Namespace: system, Name: facts.DNSService},
			Also:    []check.Ref{{Kind: "deployment", Namespace: system, Name: facts.DNSDeployment}},
			Summary: fmt.Sprintf("the cluster's DNS has no ready endpoint: Service %s in namespace %s", facts.DNSService, system),
		}
		f.Cause, f.Fixes = noneReady(dns.Deployed, facts.DNSDeployment, fix("see its pods",
			cmdline.Kubectl("describe", "deployment", facts.DNSDeployment, "-n", system),
			cmdline.Kubectl("get", "pods", "-n", system, "-l", "k8s-app=kube-dns")))
		return []check.Finding{f}, nil
	},
}
