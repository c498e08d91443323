package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressIsUncontested looks for others that claim the same requests.
var IngressIsUncontested = &check.Check{
	Code: "INS0704",
	Name: "ingress-is-uncontested",
	Hop:  hopIngress,
	Doc: `no other Ingress or HTTPRoute claims the same host and path

Which of two rules for the same requests wins is up to the controller: of nginx the older one, of others either, or both in turn.
Of two HTTPRoutes of one Gateway the older one wins.`,
	Sources: []string{"https://kubernetes.github.io/ingress-nginx/how-it-works/#building-the-nginx-model", "https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule"},
	After:   []*check.Check{IngressLeadsToPort},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.IngressRivals, facts.Controllers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := served(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		rivals, err := facts.IngressRivals.Get(p)
		if err != nil || len(rivals) == 0 {
			return nil, err
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, r := range rivals {
			route := r.Of.Kind == "httproute"
			if route && !r.Older {
				continue // the other one gets nothing
			}
			f := check.Finding{
				Severity: check.Warning, Target: r.Of,
				Summary: fmt.Sprintf("%s %s of namespace %s claims %s too, and leads to Service %s", map[bool]string{false: "Ingress", true: "HTTPRoute"}[route], r.By.Name, r.By.Namespace, r.Rule, r.ToService),
				Cause:   "which of the two gets the requests is up to the controller",
				Fixes: []check.Fix{fix("keep one of the two rules",
					kubectl("get", r.By.Kind, r.By.Name, "-n", r.By.Namespace, "-o", "yaml"), kubectl("get", r.Of.Kind, r.Of.Name, "-n", r.Of.Namespace, "-o", "yaml"),
				)},
			}
			if route {
				f.Severity, f.Cause = check.Error, "it is the older one, or of two of one age the first by name, and that gets the requests from its Gateway"
			}
			for _, in := range list.Items {
				if class, ok := all.Class(in); ok && r.Older && in.Gateway == nil && in.Ref() == r.Of && strings.Contains(class.Controller, "nginx") {
					f.Severity, f.Cause = check.Error, "it is the older one, and that gets the requests from ingress-nginx"
				}
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}
