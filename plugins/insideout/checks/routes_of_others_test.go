package checks

import (
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// tenantEnv is an Env of Service web in namespace shop with the routes; HTTPRoutes of the namespaces are granted.
func tenantEnv(list facts.IngressList, granted ...string) *facts.Env {
	env := &facts.Env{}
	fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "shop", Name: "web"})
	fact.Put(env, facts.Ingresses, list)
	fact.Put(env, facts.Grants, granted)
	return env
}

// givesAccess reports whether a fix lets the namespace reach what it could not before.
func givesAccess(fs []check.Finding) bool {
	return slices.ContainsFunc(fs, func(f check.Finding) bool {
		return slices.ContainsFunc(f.Fixes, func(fix check.Fix) bool {
			return slices.ContainsFunc(fix.Commands, func(command cmdline.Command) bool {
				words := strings.Join(command.Argv(), " ")
				return strings.Contains(words, "ReferenceGrant") || strings.Contains(words, "patch gateway")
			})
		})
	})
}

func worst(fs []check.Finding) check.Severity {
	var worst check.Severity
	for _, f := range fs {
		if f.Severity.AtLeast(worst) {
			worst = f.Severity
		}
	}
	return worst
}

// TestForeignRoutes holds what an HTTPRoute of another namespace does to a Service's verdict: nothing, unless the user asked about it, or
// a ReferenceGrant lets it reference the Service; and that access is advised only for an HTTPRoute that the user named.
func TestForeignRoutes(t *testing.T) {
	route := func(namespace string, parent ingress.Parent) ingress.Ingress {
		return ingress.Ingress{
			Namespace: namespace, Name: "front", Rules: []ingress.Rule{{Namespace: "shop", Service: "web", PathType: "PathPrefix", Listener: "web"}},
			Gateway: &ingress.Gateway{
				Namespace: "edge", Name: "main", Parents: []ingress.Parent{parent},
				Listeners: []ingress.Listener{{Name: "web", From: "Same", HTTPRoutes: true}},
			},
		}
	}
	condition := func(of, reason string) []ingress.Condition {
		return []ingress.Condition{{Type: of, Status: "False", Reason: reason}}
	}
	notGranted := ingress.Parent{Listeners: []string{"web"}, Conditions: condition("ResolvedRefs", "RefNotPermitted")}
	notAllowed := ingress.Parent{
		Reason: "the listener does not allow it", NotAllowed: []int{0}, Conditions: condition("Accepted", "NotAllowedByListeners"),
	}
	front := ingress.Backend{Namespace: "tenant", Name: "front"}
	for name, c := range map[string]struct {
		check   *check.Check
		list    facts.IngressList
		granted []string
		worst   check.Severity // empty: no finding
		access  bool           // a fix gives access
	}{
		"not granted": {RouteReferencesResolve, facts.IngressList{Ungranted: []ingress.Backend{front}}, nil, check.Info, false},
		"not granted, from an older bundle": {
			RouteReferencesResolve, facts.IngressList{Items: []ingress.Ingress{route("tenant", notGranted)}}, nil, check.Info, false,
		},
		"not granted, and named": {
			RouteReferencesResolve,
			facts.IngressList{Items: []ingress.Ingress{route("tenant", notGranted)}, Named: []ingress.Backend{front}},
			nil, check.Error, true,
		},
		"not granted, and serves the named host": {
			RouteReferencesResolve,
			facts.IngressList{Items: []ingress.Ingress{route("tenant", notGranted)}, Serving: []ingress.Backend{front}},
			nil, check.Error, false,
		},
		"granted, but not another Service of it": {
			RouteReferencesResolve, facts.IngressList{Items: []ingress.Ingress{route("tenant", notGranted)}}, []string{"tenant"}, check.Info, false,
		},
		"granted, not allowed by the Gateway": {
			RouteIsAttached, facts.IngressList{Items: []ingress.Ingress{route("tenant", notAllowed)}}, []string{"tenant"}, check.Info, false,
		},
		"named, not allowed by the Gateway": {
			RouteIsAttached,
			facts.IngressList{Items: []ingress.Ingress{route("tenant", notAllowed)}, Named: []ingress.Backend{front}},
			nil, check.Error, true,
		},
		"the Service's own, not allowed by the Gateway": {
			RouteIsAttached, facts.IngressList{Items: []ingress.Ingress{route("shop", notAllowed)}}, nil, check.Error, true,
		},
		"granted, routes to another Service that does not exist": {
			IngressBackendsExist,
			facts.IngressList{
				Items:  []ingress.Ingress{route("tenant", ingress.Parent{})},
				Absent: []ingress.Backend{{Namespace: "shop", Name: "web"}},
			},
			[]string{"tenant"},
			"", false,
		},
	} {
		fs := findings(t, c.check, tenantEnv(c.list, c.granted...))
		if worst(fs) != c.worst || givesAccess(fs) != c.access {
			t.Errorf("%s: worst %q, gives access %v: %+v", name, worst(fs), givesAccess(fs), fs)
		}
	}
}

// TestCertificatesOfOthers: a ReferenceGrant for a Gateway's certificate is advised only in the Service's own namespace, and only if the
// HTTPRoute by which the Gateway comes in is its own.
func TestCertificatesOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		route, secret string // namespaces
		access        bool
	}{
		"own":                            {"shop", "shop", true},
		"of a third":                     {"shop", "bank", false},
		"own, by a tenant's HTTPRoute":   {"tenant", "shop", false},
		"of a third, tenant's HTTPRoute": {"tenant", "bank", false},
	} {
		in := ingress.Ingress{Namespace: c.route, Name: "front", Gateway: &ingress.Gateway{
			Namespace: "edge", Name: "main",
			Parents: []ingress.Parent{{Listeners: []string{"web"}, Conditions: []ingress.Condition{{Type: "ResolvedRefs", Status: "True"}}}},
			Listeners: []ingress.Listener{{
				Name: "web", Secrets: []ingress.Backend{{Namespace: c.secret, Name: "cert"}},
				Conditions: []ingress.Condition{{Type: "ResolvedRefs", Status: "False", Reason: "RefNotPermitted"}},
			}},
		}}
		fs := findings(t, RouteReferencesResolve, tenantEnv(facts.IngressList{Items: []ingress.Ingress{in}}, "tenant"))
		if len(fs) != 1 || givesAccess(fs) != c.access {
			t.Errorf("%s: %+v", name, fs)
		}
	}
}
