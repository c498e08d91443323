package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressBackendsExist looks at what else the same Ingresses lead to.
var IngressBackendsExist = &check.Check{
	Code: "INS0702",
	Name: "ingress-backends-exist",
	Hop:  hopIngress,
	Doc: `the Services that the Ingress or HTTPRoute leads to are there

Requests for the paths of a Service that is not there are answered by the controller, mostly with 503 or 404; some controllers
take such an Ingress not at all.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#resource-backend"},
	After:   []*check.Check{IngressLeadsToPort},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := served(p)
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
				if len(rules) == 0 || reported[key] {
					continue // or it was said, of another Gateway
				}
				reported[key] = true
				var paths []string
				for _, r := range rules {
					paths = append(paths, r.String())
				}
				fs = append(fs, check.Finding{
					Severity: check.Warning, Target: in.Ref(),
					Summary: fmt.Sprintf("%s leads %s to Service %s, which is not in namespace %s", in, strings.Join(paths, "; "), absent.Name, absent.Namespace),
					Cause:   "the Service was removed or renamed, or is in another namespace, to which no Ingress leads, and an HTTPRoute only where it names it",
					Fixes:   []check.Fix{fix("correct the Service's name in the rule", edit(in))},
				})
			}
		}
		return fs, nil
	},
}
