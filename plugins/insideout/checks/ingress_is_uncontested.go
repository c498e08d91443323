package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressIsUncontested finds other rules for the same requests.
var IngressIsUncontested = &check.Check{
	Code: "INS0704",
	Name: "ingress-is-uncontested",
	Hop:  hopIngress,
	Doc: `no other Ingress or HTTPRoute claims the same host and path

The controller decides which of two rules for the same requests wins: nginx takes the older one, others either, or both in
turn. Of two HTTPRoutes of one Gateway the older one wins. Anybody may claim any host in a namespace of their own, so that alone is
no fault: a claim of another namespace is one only if it is served too and wins.`,
	Sources: []string{
		"https://kubernetes.github.io/ingress-nginx/how-it-works/#building-the-nginx-model",
		"https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule",
	},
	After: []*check.Check{IngressLeadsToPort},
	Needs: []check.Need{facts.Service, facts.Ingresses, facts.ConflictingIngresses, facts.Controllers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		conflicts, err := facts.ConflictingIngresses.Get(p)
		if err != nil || len(conflicts) == 0 {
			return nil, err
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, r := range conflicts {
			route := r.Of.Kind == "httproute"
			if route && !r.Older {
				continue // the other one gets no requests
			}
			kind := "Ingress"
			if route {
				kind = "HTTPRoute"
			}
			f := check.Finding{
				Severity: check.Warning, Target: r.Of,
				Summary: fmt.Sprintf("%s %s also claims %s, for Service %s",
					kind, nameIn(r.Of.Namespace, r.By.Namespace, r.By.Name), r.Rule, r.ToService),
				Cause: "which of the two gets the requests depends on the controller",
				Fixes: []check.Fix{fix("keep one of the two rules",
					cmdline.Kubectl("get", r.By.Kind, r.By.Name, "-n", r.By.Namespace, "-o", "yaml"),
					cmdline.Kubectl("get", r.Of.Kind, r.Of.Name, "-n", r.Of.Namespace, "-o", "yaml"),
				)},
			}
			if route {
				f.Severity, f.Cause = check.Error, "it is older, or first by name if both have the same age, so the Gateway sends it the requests"
			}
			for _, in := range list.Items {
				if class, ok := all.Class(in); ok && r.Older && in.Gateway == nil && in.Ref() == r.Of && strings.Contains(class.Controller, "nginx") {
					f.Severity, f.Cause = check.Error, "it is older, so ingress-nginx sends it the requests"
				}
			}
			if r.By.Namespace != r.Of.Namespace {
				f.Severity = otherTenants(r, f.Severity)
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// otherTenants returns the severity of a rule of another namespace. An error is what wins for certain; it remains a warning, since
// requests do not show to which of the two they come, and only if the other one is served.
func otherTenants(r facts.Conflict, severity check.Severity) check.Severity {
	if severity == check.Error && r.Served {
		return check.Warning
	}
	return check.Info
}
