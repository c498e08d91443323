package facts

import (
	"context"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
)

// IngressList are the Ingresses that lead to the Service.
type IngressList struct {
	Items []ingress.Ingress `json:"items"`
	// Absent are Services that they lead to as well and that are not there.
	Absent []string `json:"absent,omitempty"`
}

// Ingresses are those of the Service's namespace that lead to it; an Ingress leads to no other namespace.
var Ingresses = &Fact[IngressList]{
	Name:   "ingresses",
	Needs:  []check.Need{Service},
	Access: []rbacv1.PolicyRule{rule("networking.k8s.io", "ingresses", "list"), rule("", "services", "get")},
	Gather: func(ctx context.Context, e *Env) (IngressList, []check.Evidence, error) {
		list := IngressList{Items: []ingress.Ingress{}}
		s, err := Service.From(ctx, e)
		if err != nil {
			return list, nil, err
		}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "ingresses", "-n", s.Namespace, "-o", "yaml"}}}
		all, err := ingressesOf(ctx, e, s.Namespace)
		if err != nil {
			return list, seen, err
		}
		for _, in := range all {
			if len(in.To(s.Name)) > 0 {
				list.Items = append(list.Items, in)
			}
		}
		err = list.findAbsent(ctx, e, s)
		return list, seen, err
	},
}

// ingressesOf returns the Ingresses of the namespace, or of all where it is empty.
func ingressesOf(ctx context.Context, e *Env, namespace string) ([]ingress.Ingress, error) {
	return shared(e.Shared, "ingresses of "+namespace, func() ([]ingress.Ingress, error) {
		var all []ingress.Ingress
		err := each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.NetworkingV1().Ingresses(namespace).List(ctx, o)
		}, "", func(object runtime.Object) {
			if i, ok := object.(*networkingv1.Ingress); ok {
				all = append(all, ingress.Of(i))
			}
		})
		return all, err
	})
}

func (l *IngressList) findAbsent(ctx context.Context, e *Env, s ServiceInfo) error {
	var names []string
	for _, in := range l.Items {
		for _, name := range in.Services() {
			if name != s.Name && !slices.Contains(names, name) && len(names) < maxAsked {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		there, err := isThere(ctx, e, "services", s.Namespace, name)
		if err != nil {
			return err
		}
		if !there {
			l.Absent = append(l.Absent, name)
		}
	}
	return nil
}

// IngressRivals are the rules of other Ingresses, anywhere, that are for the same requests as a rule that leads to the Service.
var IngressRivals = &Fact[[]Rival]{
	Name:   "ingress-rivals",
	Needs:  []check.Need{Service, Ingresses},
	Access: []rbacv1.PolicyRule{rule("networking.k8s.io", "ingresses", "list")},
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
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "ingresses", "-A"}}}
		all, err := ingressesOf(ctx, e, metav1.NamespaceAll)
		if err != nil {
			return rivals, seen, err
		}
		for _, in := range list.Items {
			for _, r := range in.To(s.Name) {
				rivals = append(rivals, rivalsOf(in, r, all)...)
			}
		}
		return rivals, seen, nil
	},
}

// Rival is another Ingress's rule for the requests of a rule that leads to the Service.
type Rival struct {
	Rule      ingress.Rule `json:"rule"`
	Of        check.Ref    `json:"of"` // the Ingress that leads to the Service
	By        check.Ref    `json:"by"` // the other one
	ToService string       `json:"toService"`
	Older     bool         `json:"older,omitempty"` // the other one is
}

func rivalsOf(in ingress.Ingress, r ingress.Rule, all []ingress.Ingress) []Rival {
	var rivals []Rival
	for _, other := range all {
		if other.Namespace == in.Namespace && other.Name == in.Name || other.Class != in.Class || in.Canary || other.Canary || apart(in, other) {
			continue
		}
		for _, o := range other.Rules {
			if len(rivals) < maxRivals && r.Overlaps(o) && (o.Service != r.Service || other.Namespace != in.Namespace) {
				rivals = append(rivals, Rival{
					Rule: r, Of: ingressRef(in), By: ingressRef(other), ToService: o.Service, Older: other.Created.Before(in.Created),
				})
			}
		}
	}
	return rivals
}

// maxRivals bounds how many are kept of one rule.
const maxRivals = 3

// apart says whether the Ingresses have addresses and share none: different controllers serve them.
func apart(a, b ingress.Ingress) bool {
	return len(a.Addresses) > 0 && len(b.Addresses) > 0 && !slices.ContainsFunc(a.Addresses, func(address string) bool { return slices.Contains(b.Addresses, address) })
}

func ingressRef(i ingress.Ingress) check.Ref {
	return check.Ref{Kind: "ingress", Namespace: i.Namespace, Name: i.Name}
}
