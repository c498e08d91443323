package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PublicNameLeadsToAddress compares the addresses of the load balancer's names with its own.
var PublicNameLeadsToAddress = &check.Check{
	Code: "INS0802",
	Name: "public-name-leads-to-address",
	Hop:  hopDNS,
	Doc: `the load balancer's names resolve to its address

A record that is left from an earlier address, or was never created, sends clients elsewhere. Only the names in the Service's
annotations are known, as this client resolves them.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/static-ip#apply-a-dns-label-to-the-service"},
	After:   []*check.Check{LoadBalancerHasAddress},
	Needs:   []check.Need{facts.Service, facts.PublicNames},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, ok, err := loadBalanced(p)
		if err != nil || !ok {
			return nil, err
		}
		names, err := facts.PublicNames.Get(p)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			p.Skip("no annotation of the Service requests a name for its address")
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
				Summary: fmt.Sprintf("name %s resolves to %s, not to the load balancer's address %s",
					n.Name, strings.Join(n.Addresses, ", "), strings.Join(s.LoadBalancer.Addresses, ", ")),
				Cause: fmt.Sprintf("the record is for an earlier address or for something else; %s requests it", n.By),
				Fixes: []check.Fix{fix("correct the record, and wait until the old one's TTL expires")},
			}
			if n.NotFound {
				f.Summary = fmt.Sprintf("name %s does not exist, as this client resolves it", n.Name)
				f.Cause = fmt.Sprintf("the record that %s requests was not created", n.By)
				if s.LoadBalancer.Internal {
					f.Severity = check.Info
					f.Cause = fmt.Sprintf("the load balancer is internal: the record that %s requests may be in a private DNS zone, "+
						"which only its networks see", n.By)
					f.Fixes = []check.Fix{fix("resolve the name from inside the network")}
				}
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}
