package facts

import (
	"context"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// CalledService is a Service with ready endpoints that the API server calls, and so every tunnel agent connects to.
type CalledService struct {
	Of        string    `json:"of"` // name of the webhook or API
	Service   check.Ref `json:"service"`
	Ignorable bool      `json:"ignorable,omitempty"` // only of webhooks with failurePolicy Ignore
	// At is its cluster IP and port; zero: it has no cluster IP, or not the port that is called.
	At netip.AddrPort `json:"at,omitzero"`
	// NodeLocal reports whether its internalTrafficPolicy is Local: a node leads only to the pods that it runs
	// (https://kubernetes.io/docs/concepts/services-networking/service-traffic-policy).
	NodeLocal bool `json:"nodeLocal,omitempty"`
	// PublishesUnready reports whether its EndpointSlices call all pods ready (publishNotReadyAddresses).
	PublishesUnready bool `json:"publishesUnready,omitempty"`
	// Endpoints are the ready endpoints of the port, the first maxEndpoints; More reports whether there are others.
	Endpoints []CalledEndpoint `json:"endpoints,omitempty"`
	More      bool             `json:"more,omitempty"`
	// Error is why the rest is not known.
	Error string `json:"error,omitempty"`

	port int32 // that is called
}

// CalledEndpoint is a ready endpoint of a Service.
type CalledEndpoint struct {
	At   netip.AddrPort `json:"at"`
	Pod  string         `json:"pod,omitempty"`
	Node string         `json:"node,omitempty"`
}

const (
	maxCalled    = 8
	maxEndpoints = 4 // of one Service
)

// CalledServices are the Services with ready endpoints of webhooks and aggregated APIs, the first maxCalled: those whose failure rejects
// requests come first.
var CalledServices = &Fact[[]CalledService]{
	Name:   "called-services",
	Needs:  []check.Need{Webhooks, AggregatedAPIs},
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "get"), fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	Gather: func(ctx context.Context, e *Env) ([]CalledService, []check.Evidence, error) {
		webhooks, webhooksErr := Webhooks.From(ctx, e)
		apis, apisErr := AggregatedAPIs.From(ctx, e)
		if webhooksErr != nil && apisErr != nil {
			return nil, nil, webhooksErr
		}
		list := calledServices(webhooks, apis)
		fact.Concurrently(len(list), func(i int) {
			if err := list[i].read(ctx, e); err != nil {
				list[i].Error = redact.Message(err.Error())
			}
		})
		return list, nil, nil
	},
}

// calledServices returns the Services to look at, without what is to be read of them.
func calledServices(webhooks []Webhook, apis []AggregatedAPI) []CalledService {
	list := []CalledService{}
	add := func(s CalledService) {
		i := slices.IndexFunc(list, func(o CalledService) bool { return o.Service == s.Service && o.port == s.port })
		if i < 0 {
			list = append(list, s)
		}
	}
	for _, a := range apis {
		if a.Endpoints > 0 {
			add(CalledService{Of: a.Name, Service: a.Service, port: a.Port})
		}
	}
	for _, failClosed := range []bool{true, false} {
		for _, w := range webhooks {
			if w.Service.Name != "" && !w.Unusable() && w.FailClosed == failClosed {
				add(CalledService{Of: w.Name, Service: w.Service, Ignorable: !failClosed, port: w.Port})
			}
		}
	}
	return list[:min(len(list), maxCalled)]
}

// read fills the Service from its object and its EndpointSlices.
func (s *CalledService) read(ctx context.Context, e *Env) error {
	service, err := e.Clients.CoreV1().Services(s.Service.Namespace).Get(ctx, s.Service.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == s.port })
	address, err := netip.ParseAddr(service.Spec.ClusterIP) // a headless one has "None"
	if i < 0 || err != nil {
		return nil //nolint:nilerr // others tell that
	}
	s.At = netip.AddrPortFrom(address, uint16(s.port)) //nolint:gosec // a port
	s.NodeLocal = ptr.Deref(service.Spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster) ==
		corev1.ServiceInternalTrafficPolicyLocal
	s.PublishesUnready = service.Spec.PublishNotReadyAddresses
	list, err := e.Clients.DiscoveryV1().EndpointSlices(s.Service.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=" + s.Service.Name, Limit: maxSlices,
	})
	if err != nil {
		return err
	}
	s.More = list.Continue != ""
	for j := range list.Items {
		s.add(&list.Items[j], service.Spec.Ports[i].Name)
	}
	return nil
}

// maxSlices is how many EndpointSlices of one Service are read; each holds up to 100 endpoints.
const maxSlices = 5

// add adds the ready endpoints of the port in the EndpointSlice.
func (s *CalledService) add(slice *discoveryv1.EndpointSlice, port string) {
	i := slices.IndexFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool { return ptr.Deref(p.Name, "") == port && p.Port != nil })
	if i < 0 {
		return
	}
	for _, e := range slice.Endpoints {
		if !ptr.Deref(e.Conditions.Ready, true) || len(e.Addresses) == 0 {
			continue
		}
		address, err := netip.ParseAddr(e.Addresses[0])
		if err != nil || address.Is4() != s.At.Addr().Is4() {
			continue
		}
		if len(s.Endpoints) == maxEndpoints {
			s.More = true
			return
		}
		number := uint16(*slice.Ports[i].Port) //nolint:gosec // a port
		endpoint := CalledEndpoint{At: netip.AddrPortFrom(address, number), Node: ptr.Deref(e.NodeName, "")}
		if e.TargetRef != nil && e.TargetRef.Kind == "Pod" {
			endpoint.Pod = e.TargetRef.Name
		}
		s.Endpoints = append(s.Endpoints, endpoint)
	}
}

// addresses returns all addresses to connect to, each once.
func addressesOf(called []CalledService) []netip.AddrPort {
	var list []netip.AddrPort
	for _, s := range called {
		if !s.At.IsValid() {
			continue
		}
		for _, at := range append([]netip.AddrPort{s.At}, s.addresses()...) {
			if !slices.Contains(list, at) {
				list = append(list, at)
			}
		}
	}
	return list
}

func (s CalledService) addresses() []netip.AddrPort {
	list := make([]netip.AddrPort, len(s.Endpoints))
	for i, e := range s.Endpoints {
		list[i] = e.At
	}
	return list
}
