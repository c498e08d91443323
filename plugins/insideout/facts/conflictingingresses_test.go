package facts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
)

// A conflict is another Ingress of the same class, served at the same address, whose rule routes the same requests to another Service.
func TestConflictsOf(t *testing.T) {
	noon := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	rule := ingress.Rule{Host: "shop.example.com", Path: "/", PathType: "Prefix", Service: "shop", Port: "80"}
	to := func(service string) ingress.Rule {
		r := rule
		r.Service = service
		return r
	}
	ours := ingress.Ingress{
		Namespace: "shop", Name: "m", Class: "nginx", Created: noon, Addresses: []string{"192.0.2.1", "2001:db8::1"}, Rules: []ingress.Rule{rule},
	}
	route := ours
	route.Class, route.Gateway = "", &ingress.Gateway{Namespace: "infra", Name: "gw"}
	pending := ours
	pending.Addresses = nil
	type set = func(*ingress.Ingress)
	older := func(i *ingress.Ingress) { i.Created = noon.Add(-time.Second) }
	addresses := func(list ...string) set { return func(i *ingress.Ingress) { i.Addresses = list } }
	many := func(i *ingress.Ingress) { i.Rules = []ingress.Rule{to("a"), to("b"), to("c"), to("d")} }
	for name, c := range map[string]struct {
		of   ingress.Ingress
		set  set      // changes the other, which is newer, has no addresses, and routes to Service other
		want []string // the Services that the other routes to
	}{
		"a newer one":                   {ours, func(*ingress.Ingress) {}, []string{"other"}},
		"an older one":                  {ours, older, []string{"other, older"}},
		"itself":                        {ours, func(i *ingress.Ingress) { i.Namespace, i.Name = "shop", "m" }, nil},
		"the same name elsewhere":       {ours, func(i *ingress.Ingress) { i.Name = "m" }, []string{"other"}},
		"another class":                 {ours, func(i *ingress.Ingress) { i.Class = "alb" }, nil},
		"a canary on purpose":           {ours, func(i *ingress.Ingress) { i.Canary = true }, nil},
		"another host":                  {ours, func(i *ingress.Ingress) { i.Rules[0].Host = "b.example.com" }, nil},
		"another path":                  {ours, func(i *ingress.Ingress) { i.Rules[0].Path = "/cart" }, nil},
		"the same Service":              {ours, func(i *ingress.Ingress) { i.Namespace, i.Rules[0].Service = "shop", "shop" }, nil},
		"a Service of the same name":    {ours, func(i *ingress.Ingress) { i.Rules[0].Service = "shop" }, []string{"shop"}},
		"no rules":                      {ours, func(i *ingress.Ingress) { i.Rules = nil }, nil},
		"a shared address of two":       {ours, addresses("192.0.2.9", "2001:db8::1"), []string{"other, served"}},
		"no shared address":             {ours, addresses("192.0.2.9"), nil},
		"only the other has an address": {pending, addresses("192.0.2.9"), []string{"other"}},
		"as many rules as are kept":     {ours, many, []string{"a", "b", "c"}},
		"as old, Ingresses: unknown":    {ours, func(i *ingress.Ingress) { i.Created = noon }, []string{"other"}},
		"as old, HTTPRoutes: by name":   {route, func(i *ingress.Ingress) { i.Class, i.Created = "", noon }, []string{"other, older"}},
		"as old, HTTPRoutes: later one": {
			route, func(i *ingress.Ingress) { i.Class, i.Created, i.Name, i.Namespace = "", noon, "z", "shop" }, []string{"other"},
		},
		"newer HTTPRoute, by name first": {route, func(i *ingress.Ingress) { i.Class = "" }, []string{"other"}},
	} {
		other := ingress.Ingress{
			Namespace: "a", Name: "a", Class: "nginx", Created: noon.Add(time.Hour), Rules: []ingress.Rule{to("other")}, Gateway: c.of.Gateway,
		}
		c.set(&other)
		var want []Conflict
		for _, service := range c.want {
			service, served := strings.CutSuffix(service, ", served")
			service, older := strings.CutSuffix(service, ", older")
			want = append(want, Conflict{Rule: rule, Of: c.of.Ref(), By: other.Ref(), ToService: service, Older: older, Served: served})
		}
		if diff := cmp.Diff(want, conflictsOf(c.of, rule, []ingress.Ingress{c.of, other})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	canary, other := ours, ours
	canary.Canary, other.Name, other.Rules = true, "other", []ingress.Rule{to("other")}
	if got := conflictsOf(canary, rule, []ingress.Ingress{other}); got != nil {
		t.Errorf("a canary has conflicts: %+v", got)
	}
	third := other
	third.Name, third.Rules = "third", []ingress.Rule{to("third")}
	got := conflictsOf(ours, rule, []ingress.Ingress{other, third})
	if len(got) != 2 || got[0].By != (check.Ref{Kind: "ingress", Namespace: "shop", Name: "other"}) || got[1].ToService != "third" {
		t.Errorf("two others: %+v", got)
	}
}
