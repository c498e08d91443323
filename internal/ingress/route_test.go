package ingress

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// gateway is one with listeners for the hosts: http at port 80 for the first, and https at 443 for the second.
func gateway(httpHost, httpsHost string, from gatewayv1.FromNamespaces) *gatewayv1.Gateway {
	allowed := &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: &from, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "web"}}}}
	return &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "gw", Generation: 2},
		Spec: gatewayv1.GatewaySpec{GatewayClassName: "some", Listeners: []gatewayv1.Listener{
			{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType, Hostname: ptr.To(gatewayv1.Hostname(httpHost)), AllowedRoutes: allowed},
			{
				Name: "https", Port: 443, Protocol: gatewayv1.HTTPSProtocolType, Hostname: ptr.To(gatewayv1.Hostname(httpsHost)), AllowedRoutes: allowed,
				TLS: &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{{Name: "cert"}}},
			},
		}},
		Status: gatewayv1.GatewayStatus{
			Addresses:  []gatewayv1.GatewayStatusAddress{{Value: "10.0.0.9"}},
			Conditions: []metav1.Condition{{Type: "Accepted", Status: "True", ObservedGeneration: 2}, {Type: "Programmed", Status: "True", ObservedGeneration: 1}},
		},
	}
}

// route is one of namespace shop that leads the hosts to the Service web.
func route(section string, hosts ...gatewayv1.Hostname) *gatewayv1.HTTPRoute {
	ref := gatewayv1.ParentReference{Namespace: ptr.To(gatewayv1.Namespace("infra")), Name: "gw"}
	if section != "" {
		ref.SectionName = ptr.To(gatewayv1.SectionName(section))
	}
	return &gatewayv1.HTTPRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "front"},
		Spec: gatewayv1.HTTPRouteSpec{
			CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{ref}}, Hostnames: hosts,
			Rules: []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{backendRef("web", 80, 1)}}},
		},
	}
}

func backendRef(name gatewayv1.ObjectName, port gatewayv1.PortNumber, weight int32) gatewayv1.HTTPBackendRef {
	return gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{BackendObjectReference: gatewayv1.BackendObjectReference{Name: name, Port: &port}, Weight: &weight}}
}

func by(r *gatewayv1.HTTPRoute, g *gatewayv1.Gateway, of labels.Set) Ingress {
	return RouteBy(r, g, GatewayOf(g), of)
}

func TestRouteBy(t *testing.T) {
	r := route("", "www.example.com")
	r.Spec.Rules = []gatewayv1.HTTPRouteRule{
		{
			Matches: []gatewayv1.HTTPRouteMatch{
				{Path: &gatewayv1.HTTPPathMatch{Type: ptr.To(gatewayv1.PathMatchExact), Value: ptr.To("/a")}},
				{Method: ptr.To(gatewayv1.HTTPMethodPost)},
			},
			BackendRefs: []gatewayv1.HTTPBackendRef{backendRef("web", 80, 1), backendRef("api", 81, 1), backendRef("old", 82, 0)},
		},
		{BackendRefs: []gatewayv1.HTTPBackendRef{backendRef("api", 81, 1)}},
	}
	r.Spec.Rules[1].BackendRefs[0].Namespace = ptr.To(gatewayv1.Namespace("other"))
	in := by(r, gateway("*.example.com", "", gatewayv1.NamespacesFromAll), nil)
	host := func(r Rule) Rule { r.Host = "www.example.com"; return r }
	var want []Rule
	for _, listener := range []string{"http", "https"} {
		for _, service := range []Rule{{Service: "web", Port: "80"}, {Service: "api", Port: "81"}} {
			service.Listener, service.Split = listener, true
			exact, post := service, service
			exact.Path, exact.PathType = "/a", "Exact"
			post.Path, post.PathType, post.Asks, post.Method = "/", "PathPrefix", true, true
			want = append(want, host(exact), host(post))
		}
		want = append(want, host(Rule{Path: "/", PathType: "PathPrefix", Service: "api", Port: "81", Namespace: "other", Listener: listener}))
	}
	if diff := cmp.Diff(want, in.Rules); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Backend{{"shop", "web"}, {"shop", "api"}, {"other", "api"}}, in.Services()); diff != "" {
		t.Error(diff)
	}
	if Leads(r, Backend{"shop", "old"}) || !Leads(r, Backend{"other", "api"}) {
		t.Error("a weight of 0 leads nowhere, another namespace's Service is led to")
	}
	if diff := cmp.Diff([]TLS{{Hosts: []string{"www.example.com"}, Secret: "cert", Namespace: "infra"}}, in.TLS); diff != "" {
		t.Error(diff)
	}
	var asked []Request
	for _, q := range in.Requests(Backend{"shop", "web"}, "", "") {
		q.Rule = Rule{}
		asked = append(asked, q)
	}
	if diff := cmp.Diff([]Request{
		{Host: "www.example.com", Path: "/a", Meant: true, Port: 80},
		{Host: "www.example.com", Path: "/", Meant: true, Guessed: true, Port: 80},
		{Host: "www.example.com", Path: "/a", Meant: true, TLS: true, Port: 443},
		{Host: "www.example.com", Path: "/", Meant: true, Guessed: true, TLS: true, Port: 443},
	}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		listener string
		route    []gatewayv1.Hostname
		want     []string
	}{
		{"", nil, []string{""}},
		{"", []gatewayv1.Hostname{"a.example.com"}, []string{"a.example.com"}},
		{"a.example.com", nil, []string{"a.example.com"}},
		{"*.example.com", []gatewayv1.Hostname{"a.b.example.com", "example.com"}, []string{"a.b.example.com"}},
		{"a.example.com", []gatewayv1.Hostname{"*.example.com"}, []string{"a.example.com"}},
		{"*.example.com", []gatewayv1.Hostname{"*.example.com"}, []string{"*.example.com"}},
		{"*.a.example.com", []gatewayv1.Hostname{"*.example.com", "b.example.com"}, []string{"*.a.example.com"}},
	} {
		if diff := cmp.Diff(c.want, hosts(c.route, c.listener)); diff != "" {
			t.Errorf("%q and %q: %s", c.listener, c.route, diff)
		}
	}
}

func TestAttach(t *testing.T) {
	for name, c := range map[string]struct {
		route  *gatewayv1.HTTPRoute
		from   gatewayv1.FromNamespaces
		labels labels.Set
		want   []string
		barred []int
		not    bool
	}{
		"both":                        {route("", "a.example.com"), gatewayv1.NamespacesFromAll, nil, []string{"http", "https"}, nil, false},
		"the listener that it names":  {route("https", "a.example.com"), gatewayv1.NamespacesFromAll, nil, []string{"https"}, nil, false},
		"none of that name":           {route("grpc", "a.example.com"), gatewayv1.NamespacesFromAll, nil, nil, nil, true},
		"none of that host":           {route("", "a.example.org"), gatewayv1.NamespacesFromAll, nil, nil, nil, true},
		"another namespace":           {route("", "a.example.com"), gatewayv1.NamespacesFromSame, nil, nil, []int{0, 1}, true},
		"a namespace without labels":  {route("", "a.example.com"), gatewayv1.NamespacesFromSelector, labels.Set{}, nil, []int{0, 1}, true},
		"a namespace with labels":     {route("http", "a.example.com"), gatewayv1.NamespacesFromSelector, labels.Set{"team": "web"}, []string{"http"}, nil, false},
		"labels that nobody may read": {route("http", "a.example.com"), gatewayv1.NamespacesFromSelector, nil, []string{"http"}, nil, false},
	} {
		in := by(c.route, gateway("*.example.com", "a.example.com", c.from), c.labels)
		p := in.Gateway.Parents[0]
		if diff := cmp.Diff(c.want, p.Listeners) + cmp.Diff(c.barred, p.Barred); diff != "" || (p.Not != "") != c.not {
			t.Errorf("%s: %q %s", name, p.Not, diff)
		}
		if attached := slices.ContainsFunc(in.Rules, func(r Rule) bool { return r.Listener != "" }); attached == c.not || len(in.To(Backend{"shop", "web"})) == 0 {
			t.Errorf("%s: %+v", name, in.Rules)
		}
		if asked := in.Requests(Backend{"shop", "web"}, "", ""); (len(asked) == 0) != c.not {
			t.Errorf("%s: %+v", name, asked)
		}
	}
}

func TestJudged(t *testing.T) {
	g := GatewayOf(gateway("", "", gatewayv1.NamespacesFromSame))
	if c, ok := Judged(g.Conditions, "Accepted"); !ok || c.Status != "True" {
		t.Error("it is accepted")
	}
	if _, ok := Judged(g.Conditions, "Programmed"); ok {
		t.Error("what is said of an earlier version says nothing")
	}
	if _, ok := Judged(g.Conditions, "Ready"); ok {
		t.Error("nothing is said of it")
	}
}

// TestOverlapsByMethod holds that a rule for one method does not contest one for all.
func TestOverlapsByMethod(t *testing.T) {
	all := Rule{Host: "a.example.com", Path: "/", PathType: "PathPrefix"}
	get := all
	get.Method = true
	if !all.Overlaps(all) || all.Overlaps(get) || get.Overlaps(all) {
		t.Error("only the rule for all methods contests itself")
	}
}
