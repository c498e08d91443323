package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
)

// routeTo returns an HTTPRoute in the namespace that references Service web of namespace shop.
func routeTo(namespace, name string) *gatewayv1.HTTPRoute {
	var ref gatewayv1.HTTPBackendRef
	ref.Name, ref.Namespace = "web", ptr.To(gatewayv1.Namespace("shop"))
	return &gatewayv1.HTTPRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       gatewayv1.HTTPRouteSpec{Rules: []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{ref}}}},
	}
}

// TestRoutesThatCount: an HTTPRoute of another namespace counts only if a ReferenceGrant lets it reference the Service, or the user asked
// about it; the Service's own come first, however many others there are.
func TestRoutesThatCount(t *testing.T) {
	var routes []*gatewayv1.HTTPRoute
	for range maxRoutes + 5 {
		routes = append(routes, routeTo("attacker", "front"))
	}
	elsewhere := routeTo("shop", "elsewhere")
	elsewhere.Spec.Rules[0].BackendRefs[0].Name = "cart"
	routes = append(routes, routeTo("partner", "granted"), routeTo("tenant", "named"), routeTo("shop", "own"), elsewhere)
	own, foreign := referring(routes, ServiceInfo{Namespace: "shop", Name: "web"}, []ingress.Backend{{Namespace: "tenant", Name: "named"}})
	names := func(list []*gatewayv1.HTTPRoute) (names []string) {
		for _, r := range list {
			names = append(names, r.Name)
		}
		return names
	}
	if diff := cmp.Diff([]string{"own", "named"}, names(own)); diff != "" {
		t.Error(diff)
	}
	env := &Env{}
	fact.Put(env, Grants, []string{"partner"})
	var list IngressList
	if diff := cmp.Diff([]string{"granted"}, names(list.granted(t.Context(), env, foreign))); diff != "" {
		t.Error(diff)
	}
	attackers := ingress.Backend{Namespace: "attacker", Name: "front"}
	if len(list.Ungranted) != maxRoutes || list.Ungranted[0] != attackers || list.GrantsError != "" {
		t.Errorf("%+v", list)
	}
}

// TestGrantsThatCannotBeRead: what may be granted counts no more than what is not, and the reason is kept.
func TestGrantsThatCannotBeRead(t *testing.T) {
	var list IngressList
	got := list.granted(t.Context(), &Env{}, []*gatewayv1.HTTPRoute{routeTo("tenant", "front")}) // an Env without Bind reads nothing
	if len(got) > 0 || list.GrantsError == "" || len(list.Ungranted) != 1 {
		t.Errorf("%+v, %+v", got, list)
	}
}
