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

// IngressRivals are the rules of other Ingresses, anywhere, that are for the same requests as a rule that leads to the Service.
var IngressRivals = &Fact[[]Rival]{
	Name:   "ingress-rivals",
	Needs:  []check.Need{Service, Ingresses},
	Access: []rbacv1.PolicyRule{fact.Rule("networking.k8s.io", "ingresses", "list"), fact.Rule(gatewayv1.GroupName, "httproutes", "list")},
	Gather: func(ctx context.Context, e *Env) ([]Rival, []check.Evidence, error) {
		rivals := []Rival{}
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
			all, evidence, err := alongside(ctx, e, in)
			if len(seen) < 2 {
				seen = append(seen, evidence)
			}
			if err != nil {
				return rivals, seen, err
			}
			for _, r := range in.To(s.Backend()) {
				rivals = append(rivals, rivalsOf(in, r, all)...)
			}
		}
		return rivals, seen, nil
	},
}

// alongside are all that may claim the same requests: Ingresses, or the HTTPRoutes of the same Gateway.
func alongside(ctx context.Context, e *Env, in ingress.Ingress) ([]ingress.Ingress, check.Evidence, error) {
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

// Rival is the rule of another Ingress or HTTPRoute for the requests of a rule that leads to the Service.
type Rival struct {
	Rule      ingress.Rule `json:"rule"`
	Of        check.Ref    `json:"of"` // the Ingress that leads to the Service
	By        check.Ref    `json:"by"` // the other one
	ToService string       `json:"toService"`
	// Older says that the other one is; of two HTTPRoutes of one age, that it is the first by name.
	Older bool `json:"older,omitempty"`
}

func rivalsOf(in ingress.Ingress, r ingress.Rule, all []ingress.Ingress) []Rival {
	var rivals []Rival
	for _, other := range all {
		if other.Ref() == in.Ref() || other.Class != in.Class || in.Canary || other.Canary || apart(in, other) {
			continue
		}
		for _, o := range other.Rules {
			if len(rivals) < maxRivals && r.Overlaps(o) && other.Backend(o) != in.Backend(r) {
				rivals = append(rivals, Rival{
					Rule: r, Of: in.Ref(), By: other.Ref(), ToService: o.Service, Older: before(other, in),
				})
			}
		}
	}
	return rivals
}

// before says whether a is older than b, or goes before an HTTPRoute of its age
// (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule).
func before(a, b ingress.Ingress) bool {
	name := func(i ingress.Ingress) string { return ingress.Backend{Namespace: i.Namespace, Name: i.Name}.String() }
	return a.Created.Before(b.Created) || b.Gateway != nil && a.Created.Equal(b.Created) && name(a) < name(b)
}

// maxRivals bounds how many are kept of one rule.
const maxRivals = 3

// apart says whether the Ingresses have addresses and share none: different controllers serve them.
func apart(a, b ingress.Ingress) bool {
	return len(a.Addresses) > 0 && len(b.Addresses) > 0 && !slices.ContainsFunc(a.Addresses, func(address string) bool { return slices.Contains(b.Addresses, address) })
}
