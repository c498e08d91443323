package facts

import (
	"net/netip"
	"slices"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
)

func TestCalledServices(t *testing.T) {
	service := func(name string) check.Ref { return check.Ref{Kind: "service", Namespace: "ns", Name: name} }
	webhooks := []Webhook{
		{Name: "ignores", Service: service("a"), Endpoints: 1, Port: 443},
		{Name: "fails", Service: service("b"), Endpoints: 1, Port: 443, FailClosed: true},
		{Name: "same", Service: service("b"), Endpoints: 1, Port: 443, FailClosed: true},
		{Name: "empty", Service: service("c"), Port: 443, FailClosed: true},
		{Name: "url", Host: "x.svc", FailClosed: true},
	}
	apis := []AggregatedAPI{
		{Name: "v1beta1.metrics.k8s.io", Service: service("m"), Endpoints: 2, Port: 443}, {Name: "gone", Service: service("d")},
	}
	var got []string
	for _, s := range calledServices(webhooks, apis) {
		got = append(got, s.Of)
	}
	if want := []string{"v1beta1.metrics.k8s.io", "fails", "ignores"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCalledEndpoints(t *testing.T) {
	s := CalledService{At: netip.MustParseAddrPort("10.0.0.1:443")}
	slice := &discoveryv1.EndpointSlice{Ports: []discoveryv1.EndpointPort{
		{Name: ptr.To("metrics"), Port: ptr.To[int32](9090)}, {Name: ptr.To("https"), Port: ptr.To[int32](8443)},
	}}
	for _, a := range []string{"10.244.0.1", "not an address", "fd00::1", "10.244.0.2", "10.244.0.3", "10.244.0.4", "10.244.0.5"} {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{a}, NodeName: ptr.To("n")})
	}
	slice.Endpoints[3].Conditions.Ready = ptr.To(false)
	s.add(slice, "https")
	if len(s.Endpoints) != 4 || s.More || s.Endpoints[1].At.String() != "10.244.0.3:8443" || s.Endpoints[0].Node != "n" {
		t.Errorf("%+v", s)
	}
	s.add(slice, "https")
	if len(s.Endpoints) != 4 || !s.More {
		t.Errorf("%+v", s)
	}
	if list := addressesOf([]CalledService{s, s, {}}); len(list) != 5 || list[0] != s.At {
		t.Errorf("%v", list)
	}
}
