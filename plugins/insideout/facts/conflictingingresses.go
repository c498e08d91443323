package facts

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
)

// ConflictingIngresses are the rules of other Ingresses, anywhere, that are for the same requests as a rule that leads to the Service.
var ConflictingIngresses = &Fact[[]Conflict]{
	Name:   "ingress-rivals",
	Needs:  []check.Need{Service, Ingresses},
	Access: []rbacv1.PolicyRule{fact.Rule("networking.k8s.io", "ingresses", "list"), fact.Rule(gatewayv1.GroupName, "httproutes", "list")},
	Gather: func(ctx context.Context, e *Env) ([]Conflict, []check.Evidence, error) {
		rivals := []Conflict{}
		s, err := Service.From(ctx, e)
		if err != nil {
			return rivals, nil, err
		}
		list, err := Ingresses.From(ctx, e)
		if err != nil || len(list.Items) == 0 {
			return rivals, nil, err
		}
		var seen []check.Evidence
		for _, in := range list.Items {
			all, evidence, err := candidates(ctx, e, in)
			if len(seen) < 2 {
				seen = append(seen, evidence)
			}
			if err != nil {
				return rivals, seen, err
			}
			for _, r := range in.To(s.Backend()) {
				rivals = append(rivals, conflictsOf(in, r, all)...)
			}
		}
		return rivals, seen, nil
	},
}

// candidates are all that may claim the same requests: Ingresses, or the HTTPRoutes of the same Gateway.
func candidates(ctx context.Context, e *Env, in ingress.Ingress) ([]ingress.Ingress, check.Evidence, error) {
	if in.Gateway == nil {
		all, err := ingressesOf(ctx, e, metav1.NamespaceAll)
		return all, check.Evidence{Source: []string{"kubectl", "get", "ingresses", "-A"}}, err
	}
	seen := check.Evidence{Source: []string{"kubectl", "get", "httproutes", "-A"}}
	routes, _, err := httpRoutes(ctx, e, in.Namespace)
	if err != nil {
		return nil, seen, err
	}
	var all []ingress.Ingress
	gateway := ingress.Backend{Namespace: in.Gateway.Namespace, Name: in.Gateway.Name}
	raw, read := readGateway(ctx, e, gateway)
	for _, r := range routes {
		// whether it may be attached costs a request for each namespace
		if slices.Contains(ingress.ParentGateways(r), gateway) && overlap(in, ingress.FromRoute(r, raw, read, nil)) {
			all = append(all, routeBy(ctx, e, r, gateway))
		}
	}
	return all, seen, nil
}

func overlap(a, b ingress.Ingress) bool {
	return slices.ContainsFunc(a.Rules, func(r ingress.Rule) bool { return slices.ContainsFunc(b.Rules, r.Overlaps) })
}

// Conflict is the rule of another Ingress or HTTPRoute for the requests of a rule that leads to the Service.
type Conflict struct {
	Rule      ingress.Rule `json:"rule"`
	Of        check.Ref    `json:"of"` // the Ingress that leads to the Service
	By        check.Ref    `json:"by"` // the other one
	ToService string       `json:"toService"`
	// Older says that the other one is; of two HTTPRoutes of one age, that it is the first by name.
	Older bool `json:"older,omitempty"`
}

func conflictsOf(in ingress.Ingress, r ingress.Rule, all []ingress.Ingress) []Conflict {
	var rivals []Conflict
	for _, other := range all {
		if other.Ref() == in.Ref() || other.Class != in.Class || in.Canary || other.Canary || servedApart(in, other) {
			continue
		}
		for _, o := range other.Rules {
			if len(rivals) < maxConflicts && r.Overlaps(o) && other.Backend(o) != in.Backend(r) {
				rivals = append(rivals, Conflict{
					Rule: r, Of: in.Ref(), By: other.Ref(), ToService: o.Service, Older: precedes(other, in),
				})
			}
		}
	}
	return rivals
}

// precedes says whether a is older than b, or goes before an HTTPRoute of its age
// (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule).
func precedes(a, b ingress.Ingress) bool {
	name := func(i ingress.Ingress) string { return ingress.Backend{Namespace: i.Namespace, Name: i.Name}.String() }
	return a.Created.Before(b.Created) || b.Gateway != nil && a.Created.Equal(b.Created) && name(a) < name(b)
}

// maxConflicts bounds how many are kept of one rule.
const maxConflicts = 3

// servedApart says whether the Ingresses have addresses and share none: different controllers serve them.
func servedApart(a, b ingress.Ingress) bool {
	return len(a.Addresses) > 0 && len(b.Addresses) > 0 && !slices.ContainsFunc(a.Addresses, func(address string) bool { return slices.Contains(b.Addresses, address) })
}
