package checks

import (
	"errors"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestEachListenerIsReportedOnce: routes that share a listener give one finding on it, and routes of different listeners one
// each.
func TestEachListenerIsReportedOnce(t *testing.T) {
	refused := []ingress.Condition{{Type: "Accepted", Status: "False", Reason: "PortUnavailable"}}
	route := func(name string, listeners ...string) ingress.Ingress {
		return ingress.Ingress{Namespace: "shop", Name: name, Gateway: &ingress.Gateway{
			Namespace: "edge", Name: "main", Parents: []ingress.Parent{{Listeners: listeners}},
			Listeners: []ingress.Listener{{Name: "http", Conditions: refused}, {Name: "https", Conditions: refused}},
		}}
	}
	env := &facts.Env{}
	fact.Put(env, facts.Ingresses, facts.IngressList{Items: []ingress.Ingress{route("a", "http"), route("b", "http"), route("c", "https")}})
	if fs := findings(t, GatewayIsProgrammed, env); len(fs) != 2 {
		t.Errorf("%d findings on 2 listeners: %+v", len(fs), fs)
	}
}

// TestEachRefusalIsReportedOnce: an HTTPRoute gives one finding for each Gateway that rejects it, also if two of its
// references are rejected alike.
func TestEachRefusalIsReportedOnce(t *testing.T) {
	refused := ingress.Parent{
		Reason:     "it has no such listener",
		Conditions: []ingress.Condition{{Type: "Accepted", Status: "False", Reason: "NoMatchingParent"}},
	}
	route := func(gateway string) ingress.Ingress {
		return ingress.Ingress{Namespace: "shop", Name: "a", Gateway: &ingress.Gateway{
			Namespace: "edge", Name: gateway, Parents: []ingress.Parent{refused, refused},
		}}
	}
	env := &facts.Env{}
	fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "shop", Name: "web"})
	fact.Put(env, facts.Ingresses, facts.IngressList{Items: []ingress.Ingress{route("one"), route("two")}})
	if fs := findings(t, RouteIsAttached, env); len(fs) != 2 {
		t.Errorf("%d findings on 2 Gateways: %+v", len(fs), fs)
	}
}

func TestUnlessFound(t *testing.T) {
	unknown := errors.New("unknown")
	for _, c := range []struct {
		found, least check.Severity
		unknown      error
		want         error
	}{
		{check.Error, check.Error, unknown, nil},
		{check.Warning, check.Error, unknown, unknown},
		{check.Warning, check.Warning, unknown, nil},
		{check.Info, check.Warning, unknown, unknown},
		{check.Info, check.Warning, nil, nil},
	} {
		_, err := unlessFound([]check.Finding{{Severity: c.found}}, c.least, c.unknown)
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s, at least %s: %v", c.found, c.least, err)
		}
	}
}

// A bundle may name a listener that the Gateway does not have.
func TestUnattachedByNoListener(t *testing.T) {
	in := ingress.Ingress{Namespace: "shop", Name: "web", Gateway: &ingress.Gateway{Namespace: "shop", Name: "front"}}
	f, err := unattached(in, ingress.Parent{Reason: "no listener allows it", NotAllowed: []int{3, -1}}, true)
	if err != nil || f == nil || len(f.Fixes) != 1 {
		t.Errorf("%v %+v", err, f)
	}
}
