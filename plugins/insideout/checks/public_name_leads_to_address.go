package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PublicNameLeadsToAddress compares names with the load balancer's addresses.
var PublicNameLeadsToAddress = &check.Check{
	Code: "INS0802",
	Name: "public-name-leads-to-address",
	Hop:  hopDNS,
	Doc: `the load balancer's names lead to its address

A record that was left behind by an earlier address, or was never made, leads clients elsewhere. Only names of the Service's
annotations are known here, as this client resolves them.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/static-ip#apply-a-dns-label-to-the-service"},
	After:   []*check.Check{LoadBalancerHasAddress},
	Needs:   []check.Need{facts.Service, facts.PublicNames},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, ok, err := balanced(p)
		if err != nil || !ok {
			return nil, err
		}
		names, err := facts.PublicNames.Get(p)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			p.Skip("no annotation of the Service asks for a name that leads to its address")
			return nil, nil
		}
		var fs []check.Finding
		for _, n := range names {
			if n.Error != "" {
				return nil, fmt.Errorf("resolving %s: %s", n.Name, n.Error)
			}
			if slices.ContainsFunc(n.Addresses, func(a string) bool { return slices.Contains(s.LoadBalancer.Addresses, a) }) {
				continue
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary:  fmt.Sprintf("the name %s leads to %s, not to the load balancer's address %s", n.Name, strings.Join(n.Addresses, ", "), strings.Join(s.LoadBalancer.Addresses, ", ")),
				Cause:    fmt.Sprintf("the record is of an earlier address or of something else; the name is asked for by %s", n.By),
				Fixes:    []check.Fix{fix("correct the record, and wait until the old one's time to live is over")},
			}
			if n.NotFound {
				f.Summary = fmt.Sprintf("the name %s does not exist, as this client resolves it", n.Name)
				f.Cause = fmt.Sprintf("nobody made the record that %s asks for", n.By)
				if s.LoadBalancer.Internal {
					f.Severity = check.Info
					f.Cause = fmt.Sprintf("the load balancer is internal: the record that %s asks for may stand in a private DNS zone, which only its networks see", n.By)
					f.Fixes = []check.Fix{fix("resolve the name from within the network")}
				}
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}
