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

// gateway returns a Gateway with the listeners http on port 80 and https on port 443, for the hosts.
func gateway(httpHost, httpsHost string, from gatewayv1.FromNamespaces) *gatewayv1.Gateway {
	allowed := &gatewayv1.AllowedRoutes{
		Namespaces: &gatewayv1.RouteNamespaces{From: &from, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "web"}}},
	}
	return &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "gw", Generation: 2},
		Spec: gatewayv1.GatewaySpec{GatewayClassName: "some", Listeners: []gatewayv1.Listener{
			{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType, Hostname: ptr.To(gatewayv1.Hostname(httpHost)), AllowedRoutes: allowed},
			{
				Name: "https", Port: 443, Protocol: gatewayv1.HTTPSProtocolType, Hostname: ptr.To(gatewayv1.Hostname(httpsHost)),
				AllowedRoutes: allowed, TLS: &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{{Name: "cert"}}},
			},
		}},
		Status: gatewayv1.GatewayStatus{
			Addresses: []gatewayv1.GatewayStatusAddress{{Value: "10.0.0.9"}},
			Conditions: []metav1.Condition{
				{Type: "Accepted", Status: "True", ObservedGeneration: 2},
				{Type: "Programmed", Status: "True", ObservedGeneration: 1},
			},
		},
	}
}

// route returns an HTTPRoute in namespace shop that routes the hosts to the Service web.
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
	return gatewayv1.HTTPBackendRef{
		BackendRef: gatewayv1.BackendRef{BackendObjectReference: gatewayv1.BackendObjectReference{Name: name, Port: &port}, Weight: &weight},
	}
}

func by(r *gatewayv1.HTTPRoute, g *gatewayv1.Gateway, of labels.Set) Ingress {
	return FromRoute(r, g, FromGateway(g), of)
}

func TestFromRoute(t *testing.T) {
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
			post.Path, post.PathType, post.ExtraMatches, post.Method = "/", "PathPrefix", true, true
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
	if RoutesTo(r, Backend{"shop", "old"}) || !RoutesTo(r, Backend{"other", "api"}) {
		t.Error("it must not route to a Service of weight 0, but to one in another namespace")
	}
	if diff := cmp.Diff([]TLS{{Hosts: []string{"www.example.com"}, Secret: "cert", Namespace: "infra"}}, in.TLS); diff != "" {
		t.Error(diff)
	}
	var requests []Request
	for _, q := range in.Requests(Backend{"shop", "web"}, "", "") {
		q.Rule = Rule{}
		requests = append(requests, q)
	}
	if diff := cmp.Diff([]Request{
		{Host: "www.example.com", Path: "/a", Matches: true, Port: 80},
		{Host: "www.example.com", Path: "/", Matches: true, Guessed: true, Port: 80},
		{Host: "www.example.com", Path: "/a", Matches: true, TLS: true, Port: 443},
		{Host: "www.example.com", Path: "/", Matches: true, Guessed: true, TLS: true, Port: 443},
	}, requests); diff != "" {
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
	const all, same, selector = gatewayv1.NamespacesFromAll, gatewayv1.NamespacesFromSame, gatewayv1.NamespacesFromSelector
	for name, c := range map[string]struct {
		route      *gatewayv1.HTTPRoute
		from       gatewayv1.FromNamespaces
		labels     labels.Set
		want       []string
		notAllowed []int
		reason     string
	}{
		"any listener":   {route("", "a.example.com"), all, nil, []string{"http", "https"}, nil, ""},
		"named listener": {route("https", "a.example.com"), all, nil, []string{"https"}, nil, ""},
		"no such listener": {
			route("grpc", "a.example.com"), all, nil, nil, nil,
			"the Gateway has no listener grpc; it has http on port 80, https on port 443",
		},
		"no matching host": {
			route("", "a.example.org"), all, nil, nil, nil,
			"no listener has a host name that matches the HTTPRoute's, a.example.org: theirs are *.example.com, a.example.com",
		},
		"another namespace": {
			route("", "a.example.com"), same, nil, nil, []int{0, 1}, "the listener does not allow routes from namespace shop",
		},
		"a namespace without labels": {
			route("", "a.example.com"), selector, labels.Set{}, nil, []int{0, 1}, "the listener does not allow routes from namespace shop",
		},
		"a namespace with labels": {route("http", "a.example.com"), selector, labels.Set{"team": "web"}, []string{"http"}, nil, ""},
		"unknown labels":          {route("http", "a.example.com"), selector, nil, []string{"http"}, nil, ""},
	} {
		in := by(c.route, gateway("*.example.com", "a.example.com", c.from), c.labels)
		p, attached := in.Gateway.Parents[0], c.reason == ""
		if diff := cmp.Diff(c.want, p.Listeners) + cmp.Diff(c.notAllowed, p.NotAllowed) + cmp.Diff(c.reason, p.Reason); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if slices.ContainsFunc(in.Rules, func(r Rule) bool { return r.Listener != "" }) != attached || len(in.To(Backend{"shop", "web"})) == 0 {
			t.Errorf("%s: rules %+v", name, in.Rules)
		}
		if requests := in.Requests(Backend{"shop", "web"}, "", ""); (len(requests) > 0) != attached {
			t.Errorf("%s: requests %+v", name, requests)
		}
	}
}

// TestHTTPRoutes: which listeners accept HTTPRoutes.
func TestHTTPRoutes(t *testing.T) {
	kinds := func(kinds ...gatewayv1.Kind) *gatewayv1.AllowedRoutes {
		a := &gatewayv1.AllowedRoutes{}
		for _, k := range kinds {
			a.Kinds = append(a.Kinds, gatewayv1.RouteGroupKind{Kind: k})
		}
		return a
	}
	for name, c := range map[string]struct {
		listener gatewayv1.Listener
		want     bool
	}{
		"http":          {gatewayv1.Listener{Protocol: gatewayv1.HTTPProtocolType}, true},
		"https":         {gatewayv1.Listener{Protocol: gatewayv1.HTTPSProtocolType, AllowedRoutes: kinds()}, true},
		"tls":           {gatewayv1.Listener{Protocol: gatewayv1.TLSProtocolType}, false},
		"allowed kind":  {gatewayv1.Listener{Protocol: gatewayv1.HTTPProtocolType, AllowedRoutes: kinds("GRPCRoute", "HTTPRoute")}, true},
		"another kind":  {gatewayv1.Listener{Protocol: gatewayv1.HTTPProtocolType, AllowedRoutes: kinds("GRPCRoute")}, false},
		"tcp, any kind": {gatewayv1.Listener{Protocol: gatewayv1.TCPProtocolType, AllowedRoutes: kinds("HTTPRoute")}, false},
	} {
		g := FromGateway(&gatewayv1.Gateway{Spec: gatewayv1.GatewaySpec{Listeners: []gatewayv1.Listener{c.listener}}})
		if got := g.Listeners[0].HTTPRoutes; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestParents(t *testing.T) {
	r := route("")
	kind := func(k string) *gatewayv1.Kind { return ptr.To(gatewayv1.Kind(k)) }
	r.Spec.ParentRefs = append(r.Spec.ParentRefs, r.Spec.ParentRefs[0],
		gatewayv1.ParentReference{Name: "own"},
		gatewayv1.ParentReference{Name: "mesh", Group: ptr.To(gatewayv1.Group("")), Kind: kind("Service")},
		gatewayv1.ParentReference{Name: "more", Group: ptr.To(gatewayv1.Group("gateway.networking.x-k8s.io")), Kind: kind("XListenerSet")},
	)
	if diff := cmp.Diff([]Backend{{"infra", "gw"}, {"shop", "own"}}, ParentGateways(r)); diff != "" {
		t.Error(diff)
	}
	if got := UnsupportedParent(r); got != "XListenerSet more" {
		t.Errorf("unsupported: %q", got)
	}
	if got := UnsupportedParent(route("")); got != "" {
		t.Errorf("unsupported: %q", got)
	}
}

func TestCurrent(t *testing.T) {
	g := FromGateway(gateway("", "", gatewayv1.NamespacesFromSame))
	if c, ok := Current(g.Conditions, "Accepted"); !ok || c.Status != "True" {
		t.Error("a current condition is not returned")
	}
	if _, ok := Current(g.Conditions, "Programmed"); ok {
		t.Error("a condition of an earlier generation is current")
	}
	if _, ok := Current(g.Conditions, "Ready"); ok {
		t.Error("a condition that is not set is current")
	}
}

// TestOverlapsByMethod: a rule for one method does not overlap with one for all methods.
func TestOverlapsByMethod(t *testing.T) {
	all := Rule{Host: "a.example.com", Path: "/", PathType: "PathPrefix"}
	get := all
	get.Method = true
	if !all.Overlaps(all) || all.Overlaps(get) || get.Overlaps(all) {
		t.Error("only the rule for all methods must overlap with itself")
	}
}

// A rule without a backend takes the requests of a less specific one, unless a filter answers them.
func TestRuleWithoutBackend(t *testing.T) {
	rule := func(path string, filters ...gatewayv1.HTTPRouteFilterType) gatewayv1.HTTPRouteRule {
		r := gatewayv1.HTTPRouteRule{Matches: []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Value: &path}}}}
		for _, f := range filters {
			r.Filters = append(r.Filters, gatewayv1.HTTPRouteFilter{Type: f})
		}
		return r
	}
	web := rule("/")
	web.BackendRefs = make([]gatewayv1.HTTPBackendRef, 1)
	web.BackendRefs[0].Name = "web"
	for name, c := range map[string]struct {
		empty gatewayv1.HTTPRouteRule
		path  string
		want  bool
	}{
		"its path":         {rule("/bar"), "/bar/x", true},
		"another path":     {rule("/bar"), "/bars", false},
		"as specific":      {rule("/"), "/", false},
		"it redirects":     {rule("/bar", gatewayv1.HTTPRouteFilterRequestRedirect), "/bar", false},
		"it sets a header": {rule("/bar", gatewayv1.HTTPRouteFilterRequestHeaderModifier), "/bar", true},
		"an extension":     {rule("/bar", gatewayv1.HTTPRouteFilterExtensionRef), "/bar", false},
	} {
		route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
		route.Spec.Rules = []gatewayv1.HTTPRouteRule{web, c.empty}
		in := FromRoute(route, nil, Gateway{}, nil)
		if _, ok := in.Preceding(in.Rules[0], "shop.example.com", c.path); ok != c.want {
			t.Errorf("%s: %v", name, ok)
		}
	}
}
