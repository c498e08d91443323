package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestHostElsewhere: where a host resolves to another address, only a request that the user asked for shows what is there; without one it
// is unknown, or worth knowing if the address is private.
func TestHostElsewhere(t *testing.T) {
	works, dead := endpoints.Answer{Connect: endpoints.Connected, Status: 200}, endpoints.Answer{Connect: endpoints.TimedOut}
	for name, c := range map[string]struct {
		elsewhere           string
		here, byName        endpoints.Answer
		resolves, reachable check.Status
	}{
		"not requested":                        {"203.0.113.9", works, endpoints.Answer{}, check.Unknown, check.Passed},
		"not requested, nothing from here":     {"203.0.113.9", dead, endpoints.Answer{}, check.Unknown, check.Unknown},
		"not requested, private":               {"10.1.2.3", works, endpoints.Answer{}, check.Passed, check.Passed},
		"requested, something forwards it":     {"203.0.113.9", dead, works, check.Passed, check.Passed},
		"requested, and there is nothing":      {"203.0.113.9", works, dead, check.Fail, check.Passed},
		"requested, nothing in either place":   {"203.0.113.9", dead, dead, check.Fail, check.Fail},
		"requested, private, nothing is there": {"10.1.2.3", works, dead, check.Passed, check.Passed},
	} {
		in := ingress.Ingress{Namespace: "shop", Name: "front", Addresses: []string{"192.0.2.1"}}
		a := facts.IngressHereAnswer{Elsewhere: []string{c.elsewhere}, ByName: c.byName}
		a.Ingress, a.Host, a.Path, a.Address, a.Answer, a.Direct = "front", "shop.example.com", "/", "192.0.2.1", c.here, works
		env := tenantEnv(facts.IngressList{Items: []ingress.Ingress{in}})
		fact.Put(env, facts.IngressNames, []facts.PublicName{{Name: a.Host, Addresses: a.Elsewhere}})
		fact.Put(env, facts.IngressesFromHere, facts.IngressFromHere{Items: []facts.IngressHereAnswer{a}})
		fact.Put(env, facts.Controllers, facts.ControllerList{})
		fact.Put(env, facts.ControllerLogs, facts.ControllerLog{})
		resolves, reaches := *IngressHostLeadsToAddress, *ClientReachesIngress
		resolves.After, reaches.After = nil, nil
		r := check.Run(t.Context(), []*check.Check{&resolves, &reaches}, env, nil)
		if r[0].Status != c.resolves || r[1].Status != c.reachable {
			t.Errorf("%s: %s and %s: %+v", name, r[0].Status, r[1].Status, r)
		}
	}
}
