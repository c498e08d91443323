package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
)

// IngressBackendsExist looks at what else the same Ingresses lead to.
var IngressBackendsExist = &check.Check{
	Code: "INS0702",
	Name: "ingress-backends-exist",
	Hop:  hopIngress,
	Doc: `the Services that the Ingress leads to are there

Requests for the paths of a Service that is not there are answered by the controller, mostly with 503 or 404; some controllers
take such an Ingress not at all. Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#resource-backend`,
	After: []*check.Check{IngressLeadsToPort},
	Needs: []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := served(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, in := range list.Items {
			for _, name := range list.Absent {
				rules := in.To(name)
				if len(rules) == 0 {
					continue
				}
				var paths []string
				for _, r := range rules {
					paths = append(paths, r.String())
				}
				fs = append(fs, check.Finding{
					Severity: check.Warning, Target: ingressRef(in),
					Summary: fmt.Sprintf("Ingress %s leads %s to Service %s, which is not in namespace %s", in.Name, strings.Join(paths, "; "), name, in.Namespace),
					Cause:   "the Service was removed or renamed, or is in another namespace, to which no Ingress leads",
					Fixes:   []check.Fix{{Title: "correct the Service's name in the rule", Commands: [][]string{kubectl("edit", "ingress", in.Name, "-n", in.Namespace)}}},
				})
			}
		}
		return fs, nil
	},
}
