package checks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// findings runs one check by itself and returns its findings.
func findings(t *testing.T, c *check.Check, env *facts.Env) []check.Finding {
	t.Helper()
	alone := *c
	alone.After = nil
	r := check.Run(t.Context(), []*check.Check{&alone}, env, nil)[0]
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	return r.Findings
}

// viaGateways is the HTTPRoute as each of two Gateways serves it.
func viaGateways(route ingress.Ingress) []ingress.Ingress {
	one, two := route, route
	one.Gateway, two.Gateway = &ingress.Gateway{Name: "one"}, &ingress.Gateway{Name: "two"}
	return []ingress.Ingress{one, two}
}

// TestEachMissingBackendIsReported: a missing Service is reported although its name is a part of an earlier one's, and once
// for all Gateways.
func TestEachMissingBackendIsReported(t *testing.T) {
	in := ingress.Ingress{Namespace: "shop", Name: "main", Rules: []ingress.Rule{
		{Path: "/cart", Service: "web-api", Port: "80"}, {Path: "/", Service: "web", Port: "80"}, {Path: "/x", Service: "cart", Port: "80"},
	}}
	absent := []ingress.Backend{{Namespace: "shop", Name: "web-api"}, {Namespace: "shop", Name: "web"}, {Namespace: "shop", Name: "cart"}}
	for name, items := range map[string][]ingress.Ingress{"Ingress": {in}, "HTTPRoute": viaGateways(in)} {
		env := &facts.Env{}
		fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "shop", Name: "web"})
		fact.Put(env, facts.Ingresses, facts.IngressList{Items: items, Absent: absent})
		if fs := findings(t, IngressBackendsExist, env); len(fs) != len(absent) {
			t.Errorf("%s: %d findings for %d missing Services: %+v", name, len(fs), len(absent), fs)
		}
	}
}

// TestEachMissingPortIsReported: each port that the Service lacks is reported, once for an HTTPRoute, however many Gateways
// serve it, and for each rule of an Ingress.
func TestEachMissingPortIsReported(t *testing.T) {
	in := ingress.Ingress{Namespace: "shop", Name: "main", Rules: []ingress.Rule{
		{Path: "/a", Service: "web", Port: "81"},
		{Path: "/b", Service: "web", Port: "81"},
		{Path: "/c", Service: "web", Port: "82"},
		{Path: "/", Service: "web", Port: "80"},
	}}
	got := map[string]int{}
	for name, items := range map[string][]ingress.Ingress{"Ingress": {in}, "HTTPRoute": viaGateways(in)} {
		env := &facts.Env{}
		fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "shop", Name: "web", Ports: []endpoints.Port{{Number: 80, Protocol: "TCP"}}})
		fact.Put(env, facts.Ingresses, facts.IngressList{Items: items})
		got[name] = len(findings(t, IngressLeadsToPort, env))
	}
	if diff := cmp.Diff(map[string]int{"Ingress": 3, "HTTPRoute": 2}, got); diff != "" {
		t.Error(diff)
	}
}
