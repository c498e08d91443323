package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// Grants are the namespaces whose HTTPRoutes may reference the Service, by a ReferenceGrant.
var Grants = &Fact[[]string]{
	Name:   "reference-grants",
	Needs:  []check.Need{Service},
	Access: []rbacv1.PolicyRule{fact.Rule(gatewayv1.GroupName, "referencegrants", "list")},
	Gather: func(ctx context.Context, e *Env) ([]string, []check.Evidence, error) {
		from := []string{}
		s, err := Service.From(ctx, e)
		if err != nil {
			return from, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "referencegrants", "-n", s.Namespace, "-o", "yaml")}}
		grants, err := e.Clients.ReferenceGrants(ctx, s.Namespace)
		for _, g := range grants {
			if !permits(g, s.Name) {
				continue
			}
			for _, f := range g.Spec.From {
				if f.Group == gatewayv1.GroupName && f.Kind == "HTTPRoute" {
					from = append(from, string(f.Namespace))
				}
			}
		}
		return from, seen, err
	},
}

// permits reports whether the ReferenceGrant covers the Service.
func permits(g gatewayv1.ReferenceGrant, service string) bool {
	for _, to := range g.Spec.To {
		if name := string(ptr.Deref(to.Name, "")); to.Group == "" && to.Kind == "Service" && (name == "" || name == service) {
			return true
		}
	}
	return false
}
