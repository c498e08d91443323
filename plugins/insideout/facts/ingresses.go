package facts

import (
	"context"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
)

// IngressList holds the Ingresses and HTTPRoutes that route to the Service.
type IngressList struct {
	// Items has an HTTPRoute once for each of its Gateways. Those of other namespaces are there only if a ReferenceGrant lets them
	// reference the Service, or the user asked about them: anybody may create an HTTPRoute that references any Service.
	Items []ingress.Ingress `json:"items"`
	// Named are the HTTPRoutes that the user named. Serving are those of other namespaces that serve the host that the user named, where
	// nothing else does.
	Named   []ingress.Backend `json:"named,omitempty"`
	Serving []ingress.Backend `json:"serving,omitempty"`
	// Ungranted are other HTTPRoutes of other namespaces that reference the Service without a ReferenceGrant, and so route nothing to
	// it; at most maxRoutes. GrantsError is why ReferenceGrants could not be read; HTTPRoutes of other namespaces are then Ungranted.
	Ungranted   []ingress.Backend `json:"ungranted,omitempty"`
	GrantsError string            `json:"noGrants,omitempty"`
	// Absent are other Services that they route to and that do not exist.
	Absent []ingress.Backend `json:"absent,omitempty"`
	At     time.Time         `json:"at,omitzero"` // when HTTPRoutes were read
	// RoutesError is why HTTPRoutes could not be read, OtherRoutesError why those of other namespaces could not be; empty:
	// they were read.
	RoutesError      string `json:"noRoutes,omitempty"`
	OtherRoutesError string `json:"noOthers,omitempty"`
}

// Own reports whether the Ingress or HTTPRoute is of the Service's namespace, or is one that the user named.
func (l IngressList) Own(in ingress.Ingress, s ServiceInfo) bool {
	return in.Namespace == s.Namespace || in.Gateway != nil && slices.Contains(l.Named, nameOf(in))
}

// Serves reports whether the Ingress or HTTPRoute counts only because it serves the host that the user named.
func (l IngressList) Serves(in ingress.Ingress) bool {
	return in.Gateway != nil && slices.Contains(l.Serving, nameOf(in))
}

func nameOf(in ingress.Ingress) ingress.Backend {
	return ingress.Backend{Namespace: in.Namespace, Name: in.Name}
}

// Of returns the Ingress or HTTPRoute of the answer; if the list lacks it, one with only its name.
func (l IngressList) Of(a IngressAnswer) ingress.Ingress {
	for _, in := range l.Items {
		if in.Name == a.Ingress && (a.Namespace == "" || a.Namespace == in.Namespace) && a.Gateway == gatewayOf(in) {
			return in
		}
	}
	return ingress.Ingress{Namespace: a.Namespace, Name: a.Ingress}
}

// gatewayOf returns "NAMESPACE/NAME" of the Gateway; empty for an Ingress.
func gatewayOf(in ingress.Ingress) string {
	if in.Gateway == nil {
		return ""
	}
	return in.Gateway.Namespace + "/" + in.Gateway.Name
}

// Ingresses are the Ingresses and HTTPRoutes that route to the Service. An Ingress routes only to its own namespace;
// HTTPRoutes of other namespaces count if they are granted or asked about.
var Ingresses = &Fact[IngressList]{
	Name:  "ingresses",
	Needs: []check.Need{Service, Grants},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "ingresses", "list"), fact.Rule("", "services", "get"), fact.Rule("", "namespaces", "get"),
		fact.Rule(gatewayv1.GroupName, "httproutes", "list"), fact.Rule(gatewayv1.GroupName, "gateways", "get", "list"),
		fact.Rule(gatewayv1.GroupName, "gatewayclasses", "get"),
	},
	Gather: func(ctx context.Context, e *Env) (IngressList, []check.Evidence, error) {
		list := IngressList{Items: []ingress.Ingress{}}
		s, err := Service.From(ctx, e)
		if err != nil {
			return list, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "ingresses", "-n", s.Namespace, "-o", "yaml")}}
		all, err := ingressesOf(ctx, e, s.Namespace)
		if err != nil {
			return list, seen, err
		}
		for _, in := range all {
			if len(in.To(s.Backend())) > 0 {
				list.Items = append(list.Items, in)
			}
		}
		seen = append(seen, list.addRoutes(ctx, e, s)...)
		err = list.addAbsent(ctx, e, s)
		return list, seen, err
	},
}

// ingressesOf returns the Ingresses of the namespace; of all namespaces if it is empty.
func ingressesOf(ctx context.Context, e *Env, namespace string) ([]ingress.Ingress, error) {
	return fact.Cached(e.Shared, "ingresses of "+namespace, func() ([]ingress.Ingress, error) {
		var all []ingress.Ingress
		err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.NetworkingV1().Ingresses(namespace).List(ctx, o)
		}, "", func(object runtime.Object) {
			if i, ok := object.(*networkingv1.Ingress); ok {
				all = append(all, ingress.FromIngress(i))
			}
		})
		return all, err
	})
}

func (l *IngressList) addAbsent(ctx context.Context, e *Env, s ServiceInfo) error {
	var others []ingress.Backend
	for _, in := range l.Items {
		if !l.Own(in, s) {
			continue // its other Services are its namespace's concern
		}
		for _, b := range in.Services() {
			if b != s.Backend() && !slices.Contains(others, b) && len(others) < maxTried {
				others = append(others, b)
			}
		}
	}
	for _, b := range others {
		ok, err := exists(ctx, e, "services", b.Namespace, b.Name)
		if err != nil {
			return err
		}
		if !ok {
			l.Absent = append(l.Absent, b)
		}
	}
	return nil
}
