package ingress

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/endpoints"
)

func backend(service string, port networkingv1.ServiceBackendPort) networkingv1.IngressBackend {
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: service, Port: port}}
}

func TestFromIngress(t *testing.T) {
	web := backend("web", networkingv1.ServiceBackendPort{Name: "http"})
	in := FromIngress(&networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "front", Annotations: map[string]string{"kubernetes.io/ingress.class": "nginx"}},
		Spec: networkingv1.IngressSpec{
			DefaultBackend: ptr.To(backend("api", networkingv1.ServiceBackendPort{Number: 8080})),
			TLS:            []networkingv1.IngressTLS{{Hosts: []string{"*.example.com"}, SecretName: "cert"}},
			Rules: []networkingv1.IngressRule{{
				Host: "www.example.com",
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
					Paths: []networkingv1.HTTPIngressPath{
						{Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix), Backend: web},
						{Path: "/x", Backend: networkingv1.IngressBackend{}},
					},
				}},
			}, {Host: "none.example.com"}},
		},
		Status: networkingv1.IngressStatus{
			LoadBalancer: networkingv1.IngressLoadBalancerStatus{Ingress: []networkingv1.IngressLoadBalancerIngress{{IP: "10.0.0.9"}}},
		},
	})
	want := Ingress{
		Namespace: "shop", Name: "front", Class: "nginx", Annotated: true, Addresses: []string{"10.0.0.9"},
		Rules: []Rule{{Host: "www.example.com", Path: "/", PathType: "Prefix", Service: "web", Port: "http"}, {Service: "api", Port: "8080"}},
		TLS:   []TLS{{Hosts: []string{"*.example.com"}, Secret: "cert"}},
	}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
	if in.Secured("www.example.com") == nil || in.Secured("example.com") != nil {
		t.Error("a wildcard must match exactly one label")
	}
	if diff := cmp.Diff([]Backend{{"shop", "web"}, {"shop", "api"}}, in.Services()); diff != "" {
		t.Error(diff)
	}
	if _, ok := in.To(Backend{"shop", "api"})[0].Find([]endpoints.Port{{Name: "http", Number: 8080}}); !ok {
		t.Error("the port is not found by its number")
	}
	if _, ok := in.To(Backend{"shop", "web"})[0].Find([]endpoints.Port{{Name: "web", Number: 80}}); ok {
		t.Error("a port of another name is found")
	}
}

func TestForPath(t *testing.T) {
	for _, c := range []struct {
		pathType, path, request string
		is, known               bool
	}{
		{"Prefix", "/", "/any", true, true},
		{"Prefix", "/a", "/a", true, true},
		{"Prefix", "/a/", "/a", true, true},
		{"Prefix", "/a", "/a/b?x=/c", true, true},
		{"Prefix", "/a", "/ab", false, true},
		{"PathPrefix", "/a", "/a/b", true, true},
		{"Exact", "/a", "/a", true, true},
		{"Exact", "/a", "/a/", false, true},
		{"Exact", "/a", "/a?x", true, true},
		{"", "", "/a", true, true},
		{"ImplementationSpecific", "/a(.*)", "/ab", false, false},
	} {
		if is, known := (Rule{PathType: c.pathType, Path: c.path}).ForPath(c.request); is != c.is || known != c.known {
			t.Errorf("%s %s for %s: %t, %t", c.pathType, c.path, c.request, is, known)
		}
	}
}

func TestExample(t *testing.T) {
	for r, want := range map[Rule][2]string{
		{Host: "*.example.com", Path: "/a", PathType: "Exact"}:                     {"akstools.example.com", "/a"},
		{Host: "example.com", Path: "/a(/|$)", PathType: "ImplementationSpecific"}: {"example.com", "/a"},
		{}: {"", "/"},
	} {
		if host, path, guessed := r.Example(); guessed != (r.PathType == "ImplementationSpecific") || host != want[0] || path != want[1] {
			t.Errorf("%+v: %s %s", r, host, path)
		}
	}
}

func TestRequests(t *testing.T) {
	exact := Rule{Host: "www.example.com", Path: "/a", PathType: "Exact", Service: "web", Port: "80"}
	root := Rule{Host: "*.example.com", Path: "/", PathType: "Prefix", Service: "web", Port: "80"}
	in := Ingress{Rules: []Rule{exact, root, {Host: "www.example.com", Service: "other"}}, TLS: []TLS{{Hosts: []string{"www.example.com"}}}}
	for name, c := range map[string]struct {
		host, path string
		want       []Request
	}{
		"by the rules": {
			"", "",
			[]Request{{exact, "www.example.com", "/a", true, true, false, 0}, {root, "akstools.example.com", "/", false, true, false, 0}},
		},
		"a host":         {"my.example.com", "", []Request{{root, "my.example.com", "/", false, true, false, 0}}},
		"a path":         {"", "/a/b", []Request{{root, "akstools.example.com", "/a/b", false, true, false, 0}}},
		"no rule's host": {"example.org", "", []Request{{exact, "example.org", "/a", false, false, false, 0}}},
		"no duplicates":  {"www.example.com", "/a", []Request{{exact, "www.example.com", "/a", true, true, false, 0}}},
	} {
		if diff := cmp.Diff(c.want, in.Requests(Backend{Name: "web"}, c.host, c.path)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestBestRule(t *testing.T) {
	zone := Rule{Host: "*.example.com", Path: "/api/v1", PathType: "Prefix", Service: "zone"}
	root := Rule{Host: "www.example.com", Path: "/", PathType: "Prefix", Service: "root"}
	api := Rule{Host: "www.example.com", Path: "/api", PathType: "Prefix", Service: "api"}
	exact := Rule{Host: "www.example.com", Path: "/a", PathType: "Exact", Service: "exact"}
	in := Ingress{Rules: []Rule{zone, exact, api, root, {Service: "default"}}}
	if diff := cmp.Diff([]Rule{zone, api, root}, in.For("www.example.com", "/api/v1/x")); diff != "" {
		t.Error(diff)
	}
	for better, worse := range map[Rule]Rule{root: zone, api: root, exact: api} {
		if better.Compare(worse) <= 0 || worse.Compare(better) >= 0 {
			t.Errorf("%+v goes before %+v", better, worse)
		}
	}
}

func TestAddress(t *testing.T) {
	for want, addresses := range map[string][]string{
		"":               nil,
		"10.0.0.9":       {"fd00::9", "lb.example.com", "10.0.0.9", "10.0.0.10"},
		"fd00::9":        {"fd00::9", "lb.example.com"},
		"lb.example.com": {"lb.example.com"},
	} {
		if got := (Ingress{Addresses: addresses}).Address(); got != want {
			t.Errorf("%v: got %s", addresses, got)
		}
	}
}

func TestHostMatching(t *testing.T) {
	for _, c := range []struct {
		pattern, host  string
		ingress, route bool
	}{
		{"www.example.com", "WWW.example.com.", true, true},
		{"*.example.com", "www.example.com", true, true},
		{"*.example.com", "example.com", false, false},
		{"*.example.com", "a.b.example.com", false, true},
		{"*.example.com", "wwwexample.com", false, false},
		{"www.example.com", "a.www.example.com", false, false},
	} {
		if matchesHost(c.pattern, c.host) != c.ingress || matchesRouteHost(c.pattern, c.host) != c.route {
			t.Errorf("%s, %s: Ingress %v, HTTPRoute %v", c.pattern, c.host, matchesHost(c.pattern, c.host), matchesRouteHost(c.pattern, c.host))
		}
	}
}
