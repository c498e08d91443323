package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressHostLeadsToAddress compares the hosts of rules with the address of their controller.
var IngressHostLeadsToAddress = &check.Check{
	Code: "INS0803",
	Name: "ingress-host-leads-to-address",
	Hop:  hopDNS,
	Doc: `the hosts of the Ingress or HTTPRoute lead to its controller

They are looked up as this client resolves them. A host that leads elsewhere is right where Front Door, API Management or an
Application Gateway stands before the cluster: what they do is not known here, and the host is asked by its name.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/app-routing-dns-ssl"},
	After:   []*check.Check{IngressAnswers},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.IngressNames, facts.IngressesFromHere},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := served(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		names, err := facts.IngressNames.Get(p)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			p.Skip("the rules are for every host")
			return nil, nil
		}
		answers, err := facts.IngressesFromHere.Get(p)
		switch {
		case err != nil:
			return nil, err
		case answers.Off != "":
			p.Skip("it was not probed: %s", answers.Off)
			return nil, nil
		}
		var fs []check.Finding
		for _, n := range names {
			if n.Error != "" {
				return nil, fmt.Errorf("resolving %s: %s", n.Name, n.Error)
			}
			if n.NotFound {
				f := check.Finding{
					Severity: check.Warning, Target: list.Items[0].Ref(),
					Summary: fmt.Sprintf("the host %s does not exist, as this client resolves it", n.Name),
					Cause:   "nobody made its record, or it is in a private zone that this client does not see",
					Fixes:   []check.Fix{fix("make the record, or let external-dns or app routing make it")},
				}
				if reached := slices.ContainsFunc(answers.Items, facts.IngressHereAnswer.Good); !reached && private(list) {
					f.Severity = check.Info // this client may be outside the network, and its zone
				}
				fs = append(fs, f)
			}
		}
		for _, a := range answers.Items {
			if len(a.Elsewhere) == 0 {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: list.Of(a.IngressAnswer).Ref(),
				Summary: fmt.Sprintf("the host %s leads to %s, not to the address %s of %s, and gets %s there", a.Host, strings.Join(a.Elsewhere, ", "), a.Address, front(list.Of(a.IngressAnswer)), outcome(a.ByName)),
				Cause:   "the record is of an earlier address or of something else",
				Fixes:   []check.Fix{fix("correct the record, and wait until the old one's time to live is over")},
			}
			byName := a.IngressAnswer
			if byName.Answer = a.ByName; byName.Good() {
				f.Severity, f.Cause, f.Fixes = check.Info, "something stands before the cluster, such as Front Door, API Management or an Application Gateway: it is not looked into", nil
			} else if ip, err := netip.ParseAddr(a.Elsewhere[0]); err == nil && ip.IsPrivate() && a.ByName.Connect != endpoints.Connected {
				f.Severity, f.Cause, f.Fixes = check.Info, "that address is an internal one, and this client may be outside its network: try from within", nil
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// private says whether an Ingress has a private address only.
func private(list facts.IngressList) bool {
	return slices.ContainsFunc(list.Items, func(in ingress.Ingress) bool {
		ip, err := netip.ParseAddr(in.Address())
		return err == nil && ip.IsPrivate()
	})
}
