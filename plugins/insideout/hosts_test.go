package insideout

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/ingress"
)

// TestClaims holds that rules to which no request comes do not stand beside those of the host that the user named.
func TestClaims(t *testing.T) {
	route := func(namespace, service, listener, path string) ingress.Ingress {
		return ingress.Ingress{Namespace: namespace, Name: "front", Gateway: &ingress.Gateway{Name: "main"}, Rules: []ingress.Rule{
			{Host: "shop.example.com", Path: path, PathType: "PathPrefix", Service: service, Listener: listener},
		}}
	}
	shop, cart := route("shop", "web", "https", "/"), route("shop", "cart", "https", "/cart")
	planted := route("tenant", "fake", "", "/cart/checkout")
	for name, c := range map[string]struct {
		all  []ingress.Ingress
		path string
		want []string
	}{
		"all rules for the host":                          {[]ingress.Ingress{shop, cart}, "", []string{"web", "cart"}},
		"the best for a path":                             {[]ingress.Ingress{shop, cart}, "/cart/checkout", []string{"cart"}},
		"one that no Gateway accepts is left out":         {[]ingress.Ingress{shop, cart, planted}, "", []string{"web", "cart"}},
		"and does not win by a longer path":               {[]ingress.Ingress{planted, shop, cart}, "/cart/checkout", []string{"cart"}},
		"but is named where nothing else serves the host": {[]ingress.Ingress{planted}, "", []string{"fake"}},
		"nothing where no rule is for it":                 {nil, "/", nil},
		"an Ingress needs no listener to count for its host": {
			[]ingress.Ingress{planted, {Namespace: "shop", Rules: shop.Rules}}, "", []string{"web"},
		},
	} {
		var got []string
		for _, c := range claims(c.all, target{kind: "host", name: "shop.example.com", path: c.path}) {
			got = append(got, c.rule.Service)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
