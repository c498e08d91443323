package facts

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
)

// ConflictingIngresses are the rules of other Ingresses and HTTPRoutes, in any namespace, that match the same requests as a
// rule that routes to the Service.
var ConflictingIngresses = &Fact[[]Conflict]{
	Name:   "ingress-rivals",
	Needs:  []check.Need{Service, Ingresses},
	Access: []rbacv1.PolicyRule{fact.Rule("networking.k8s.io", "ingresses", "list"), fact.Rule(gatewayv1.GroupName, "httproutes", "list")},
	Gather: func(ctx context.Context, e *Env) ([]Conflict, []check.Evidence, error) {
		conflicts := []Conflict{}
		s, err := Service.From(ctx, e)
		if err != nil {
			return conflicts, nil, err
		}
		list, err := Ingresses.From(ctx, e)
		if err != nil || len(list.Items) == 0 {
			return conflicts, nil, err
		}
		var seen []check.Evidence
		for _, in := range list.Items {
			all, evidence, err := candidates(ctx, e, in)
			if len(seen) < 2 {
				seen = append(seen, evidence)
			}
			if err != nil {
				return conflicts, seen, err
			}
			for _, r := range in.To(s.Backend()) {
				conflicts = append(conflicts, conflictsOf(in, r, all)...)
			}
		}
		return conflicts, seen, nil
	},
}

// candidates returns everything that may match the same requests: all Ingresses, or the HTTPRoutes of the same Gateway.
func candidates(ctx context.Context, e *Env, in ingress.Ingress) ([]ingress.Ingress, check.Evidence, error) {
	if in.Gateway == nil {
		all, err := ingressesOf(ctx, e, metav1.NamespaceAll)
		return all, check.Evidence{Source: cmdline.Kubectl("get", "ingresses", "-A")}, err
	}
	seen := check.Evidence{Source: cmdline.Kubectl("get", "httproutes", "-A")}
	routes, _, err := httpRoutes(ctx, e, in.Namespace)
	if err != nil {
		return nil, seen, err
	}
	var all []ingress.Ingress
	gateway := ingress.Backend{Namespace: in.Gateway.Namespace, Name: in.Gateway.Name}
	raw, read := readGateway(ctx, e, gateway)
	for _, r := range routes {
		// reading whether it may be attached takes a request for each namespace
		if slices.Contains(ingress.ParentGateways(r), gateway) && overlap(in, ingress.FromRoute(r, raw, read, nil)) {
			all = append(all, routeBy(ctx, e, r, gateway))
		}
	}
	return all, seen, nil
}

func overlap(a, b ingress.Ingress) bool {
	return slices.ContainsFunc(a.Rules, func(r ingress.Rule) bool { return slices.ContainsFunc(b.Rules, r.Overlaps) })
}

// Conflict is a rule of another Ingress or HTTPRoute for the same requests as a rule that routes to the Service.
type Conflict struct {
	Rule      ingress.Rule `json:"rule"`
	Of        check.Ref    `json:"of"` // the Ingress or HTTPRoute that routes to the Service
	By        check.Ref    `json:"by"` // the other one
	ToService string       `json:"toService"`
	// Older reports whether By is older. Of two HTTPRoutes with the same age, the first by name counts as older.
	Older bool `json:"older,omitempty"`
	// Served reports whether By's status shows that the controller or Gateway of Of serves it too.
	Served bool `json:"served,omitempty"`
}

func conflictsOf(in ingress.Ingress, r ingress.Rule, all []ingress.Ingress) []Conflict {
	var conflicts []Conflict
	for _, other := range all {
		if other.Ref() == in.Ref() || other.Class != in.Class || in.Canary || other.Canary || servedApart(in, other) {
			continue
		}
		for _, o := range other.Rules {
			if len(conflicts) < maxConflicts && r.Overlaps(o) && other.Backend(o) != in.Backend(r) {
				conflicts = append(conflicts, Conflict{
					Rule: r, Of: in.Ref(), By: other.Ref(), ToService: o.Service, Older: precedes(other, in), Served: servedToo(in, other),
				})
			}
		}
	}
	return conflicts
}

// precedes reports whether a is older than b; of two HTTPRoutes with the same age, the first by name precedes
// (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule).
func precedes(a, b ingress.Ingress) bool {
	name := func(i ingress.Ingress) string { return ingress.Backend{Namespace: i.Namespace, Name: i.Name}.String() }
	return a.Created.Before(b.Created) || b.Gateway != nil && a.Created.Equal(b.Created) && name(a) < name(b)
}

// maxConflicts bounds how many conflicts of one rule are kept.
const maxConflicts = 3

// servedApart reports whether both have addresses and share none: different controllers serve them.
func servedApart(a, b ingress.Ingress) bool {
	shared := slices.ContainsFunc(a.Addresses, func(address string) bool { return slices.Contains(b.Addresses, address) })
	return len(a.Addresses) > 0 && len(b.Addresses) > 0 && !shared
}

// servedToo reports whether the status of other, which only controllers write, shows that what serves in serves it: an Ingress has one of
// the same addresses, an HTTPRoute is accepted by the Gateway.
func servedToo(in, other ingress.Ingress) bool {
	if other.Gateway != nil {
		return slices.ContainsFunc(other.Gateway.Parents, func(p ingress.Parent) bool {
			c, ok := ingress.Current(p.Conditions, "Accepted")
			return ok && c.Status == "True"
		})
	}
	return slices.ContainsFunc(in.Addresses, func(address string) bool { return slices.Contains(other.Addresses, address) })
}
