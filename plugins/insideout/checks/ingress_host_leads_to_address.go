package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressHostLeadsToAddress compares the addresses of the rules' hosts with those of their controllers.
var IngressHostLeadsToAddress = &check.Check{
	Code: "INS0803",
	Name: "ingress-host-leads-to-address",
	Hop:  hopDNS,
	Doc: `the hosts of the Ingress or HTTPRoute resolve to its controller

This client resolves them. A host may resolve elsewhere on purpose, to Front Door, API Management or an Application Gateway in
front of the cluster. Those are not checked; with --host, the request is sent to the host by its name instead. Without --host it is
unknown whether they forward to the cluster: a rule alone makes this client send nothing to other addresses.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/app-routing-dns-ssl"},
	After:   []*check.Check{IngressAnswers},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.IngressNames, facts.IngressesFromHere},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		names, err := facts.IngressNames.Get(p)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			p.Skip("the rules match every host")
			return nil, nil
		}
		answers, ok, err := probed(p, facts.IngressesFromHere)
		if err != nil || !ok {
			return nil, err
		}
		var fs []check.Finding
		var unknown error
		for _, n := range names {
			if n.Error != "" {
				return nil, fmt.Errorf("resolving %s: %s", n.Name, n.Error)
			}
			if n.NotFound {
				f := check.Finding{
					Severity: check.Warning, Target: list.Items[0].Ref(),
					Summary: fmt.Sprintf("host %s does not exist, as this client resolves it", n.Name),
					Cause:   "its record was not created, or is in a private zone that this client does not see",
					Fixes:   []check.Fix{fix("create the record, or configure external-dns or app routing to create it")},
				}
				if reached := slices.ContainsFunc(answers.Items, facts.IngressHereAnswer.OK); !reached && hasPrivateAddress(list) {
					f.Severity = check.Info // this client may be outside the network and its DNS zone
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
				Summary: fmt.Sprintf("host %s resolves to %s, not to %s of %s",
					a.Host, strings.Join(a.Elsewhere, ", "), a.Address, frontName(list.Of(a.IngressAnswer))),
				Cause: "the record is for an earlier address or for something else",
				Fixes: []check.Fix{fix("correct the record, and wait until the old one's TTL expires")},
			}
			if a.ByName.Connect != "" {
				f.Summary += ", and a request there gets " + outcome(a.ByName)
			}
			byName := a.IngressAnswer
			byName.Answer = a.ByName
			if byName.OK() {
				f.Severity, f.Fixes = check.Info, nil
				f.Cause = "something is in front of the cluster, such as Front Door, API Management or an Application Gateway; it was not checked"
			} else if ip, err := netip.ParseAddr(a.Elsewhere[0]); err == nil && ip.IsPrivate() && a.ByName.Connect != endpoints.Connected &&
				!reachedPrivately(a) {
				f.Severity, f.Fixes = check.Info, nil
				f.Cause = "that address is private, and this client may be outside its network: try from inside"
			} else if a.ByName.Connect == "" {
				unknown = errors.Join(unknown, notByName(a))
				continue
			}
			fs = append(fs, f)
		}
		return unlessFound(fs, check.Error, unknown)
	},
}

// reachedPrivately reports whether this client got the answer from a private address: it is inside the network then.
func reachedPrivately(a facts.IngressHereAnswer) bool {
	ip, err := netip.ParseAddr(a.Address)
	return err == nil && ip.IsPrivate() && a.Connect == endpoints.Connected
}

// notByName is why it is unknown whether the address to which the answer's host resolves forwards to the cluster.
func notByName(a facts.IngressHereAnswer) error {
	return fmt.Errorf("host %s resolves to %s, not to %s, and whether requests there come to the cluster is unknown: %s",
		a.Host, strings.Join(a.Elsewhere, ", "), a.Address, or(a.Error, "to try it, add --host "+a.Host))
}

// hasPrivateAddress reports whether the first address of an Ingress is private.
func hasPrivateAddress(list facts.IngressList) bool {
	return slices.ContainsFunc(list.Items, func(in ingress.Ingress) bool {
		ip, err := netip.ParseAddr(in.Address())
		return err == nil && ip.IsPrivate()
	})
}
