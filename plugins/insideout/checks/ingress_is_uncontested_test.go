package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestConflictsOfOthers: a rule of another namespace for the same requests is a warning if it is served and wins, else worth knowing.
func TestConflictsOfOthers(t *testing.T) {
	of := check.Ref{Kind: "ingress", Namespace: "shop", Name: "front"}
	routeOf := check.Ref{Kind: "httproute", Namespace: "shop", Name: "front"}
	by := func(namespace, kind string) check.Ref {
		return check.Ref{Kind: kind, Namespace: namespace, Name: "other"}
	}
	for name, c := range map[string]struct {
		facts.Conflict
		worst check.Severity
	}{
		"own, wins":           {facts.Conflict{Of: of, By: by("shop", "ingress"), Older: true}, check.Error},
		"own, newer":          {facts.Conflict{Of: of, By: by("shop", "ingress")}, check.Warning},
		"foreign, newer":      {facts.Conflict{Of: of, By: by("tenant", "ingress"), Served: true}, check.Info},
		"foreign, not served": {facts.Conflict{Of: of, By: by("tenant", "ingress"), Older: true}, check.Info},
		"foreign, wins":       {facts.Conflict{Of: of, By: by("tenant", "ingress"), Older: true, Served: true}, check.Warning},
		"own route, wins":     {facts.Conflict{Of: routeOf, By: by("shop", "httproute"), Older: true}, check.Error},
		"foreign route, wins": {facts.Conflict{Of: routeOf, By: by("tenant", "httproute"), Older: true, Served: true}, check.Warning},
		"foreign route, rejected": {
			facts.Conflict{Of: routeOf, By: by("tenant", "httproute"), Older: true}, check.Info,
		},
	} {
		env := tenantEnv(facts.IngressList{Items: []ingress.Ingress{{Namespace: "shop", Name: "front", Class: "nginx"}}})
		fact.Put(env, facts.ConflictingIngresses, []facts.Conflict{c.Conflict})
		fact.Put(env, facts.Controllers, facts.ControllerList{Classes: []facts.IngressClass{{Name: "nginx", Controller: "k8s.io/ingress-nginx"}}})
		if fs := findings(t, IngressIsUncontested, env); worst(fs) != c.worst {
			t.Errorf("%s: %+v", name, fs)
		}
	}
}
