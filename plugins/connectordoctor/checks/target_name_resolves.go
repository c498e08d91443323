package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetNameResolves finds names that pods cannot look up, or that lead past a private endpoint.
var TargetNameResolves = &check.Check{
	Code: "CON0801",
	Name: "target-name-resolves",
	Hop:  hopTrial,
	Doc: `the target's name leads pods to an address, and to a private one if the target has no public access

A test pod looks it up in the connection's namespace, on the node of a pod that uses the connection. Without public access, the name must
lead to the private endpoint: by a private DNS zone that is linked to the cluster's network, or by the network's own DNS servers.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/private-link/private-endpoint-dns",
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/dns/basic-troubleshooting-dns-resolution-problems",
	},
	Needs: []check.Need{facts.TargetAddress, facts.TargetNames, facts.AzureTarget},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		at, err := trialAddress(p)
		if err != nil {
			return nil, err
		}
		names, err := facts.TargetNames.Get(p)
		switch {
		case err != nil:
			return nil, err
		case names.Node == "" || len(names.Items) == 0:
			p.Skip("the target is named by its address")
			return nil, nil
		}
		f := check.Finding{Severity: check.Error}
		found := names.Found()
		if len(found) > 0 {
			t, err := facts.AzureTarget.Get(p)
			if err != nil || t.Target.Network == nil || t.Target.Endpoint.Host != at.Host || !t.Target.Network.Closed() || public(found) == "" {
				return nil, nil //nolint:nilerr // without Azure, any address is right
			}
			f.Summary = fmt.Sprintf("%s leads to the public address %s, and the target has no public access", at.Host, public(found))
			f.Cause = "the private DNS zone of its private endpoint is not linked to the cluster's network, or the network's DNS servers do not " +
				"forward to Azure's"
			f.Fixes = []check.Fix{fix("see which private zones there are, and link the one for this name to the cluster's network",
				cmdline.Az("network", "private-dns", "zone", "list"))}
			return []check.Finding{f}, nil
		}
		last := names.Of(at.Host)
		switch {
		case at.OwnDNS || at.Proxied:
			return nil, fmt.Errorf("%s does not resolve in the cluster's DNS (%s), but pod %s asks other servers, or its proxy does", at.Host,
				last.Failure, at.Pod)
		case len(names.Denied) > 0:
			return nil, denied(names.Denied, "the cluster's DNS")
		}
		f.Summary = fmt.Sprintf("%s does not resolve on %s: %s", at.Host, place(at, names.Node), last.Failure)
		cause, next := names.Explain(last.Failure, "the resource was deleted or renamed, or its private zone lacks the record")
		f.Cause, f.Fixes = cause, []check.Fix{next}
		return []check.Finding{f}, nil
	},
}
