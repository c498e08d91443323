package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressBackendsExist finds other Services that the same Ingresses route to and that do not exist.
var IngressBackendsExist = &check.Check{
	Code: "INS0702",
	Name: "ingress-backends-exist",
	Hop:  hopIngress,
	Doc: `the Services that the Ingress or HTTPRoute routes to exist

The controller answers requests for a Service that does not exist, mostly with 503 or 404. Some controllers reject the whole
Ingress.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#resource-backend"},
	After:   []*check.Check{IngressLeadsToPort},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, err := serviceRoutes(p)
		if err != nil {
			return nil, err
		}
		type routeBackend struct {
			route   check.Ref
			backend ingress.Backend
		}
		reported := map[routeBackend]bool{}
		var fs []check.Finding
		for _, in := range list.Items {
			for _, absent := range list.Absent {
				rules, key := in.To(absent), routeBackend{in.Ref(), absent}
				if len(rules) == 0 || reported[key] || !list.Own(in, s) {
					continue // or already reported, for another Gateway
				}
				reported[key] = true
				var paths []string
				for _, r := range rules {
					paths = append(paths, r.String())
				}
				fs = append(fs, check.Finding{
					Severity: check.Warning, Target: in.Ref(),
					Summary: fmt.Sprintf("%s routes %s to Service %s, which does not exist",
						in, strings.Join(paths, "; "), nameIn(in.Namespace, absent.Namespace, absent.Name)),
					Cause: "the Service was deleted or renamed, or is in another namespace: " +
						"an Ingress cannot route there, an HTTPRoute only if it names the namespace",
					Fixes: []check.Fix{fix("correct the Service's name in the rule", editCommand(in))},
				})
			}
		}
		return fs, nil
	},
}
