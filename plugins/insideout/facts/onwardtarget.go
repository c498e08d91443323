package facts

import (
	"context"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/netpolicy"
)

// OnwardTarget is what is behind an address.
type OnwardTarget struct {
	Address string         `json:"address,omitempty"` // empty: unknown
	Port    netpolicy.Port `json:"port,omitzero"`     // of the pod, or of the address
	// Pod is the pod behind the address, nil if it is outside the cluster or a node's; Node is where the pod runs.
	Pod         *check.Ref `json:"pod,omitempty"`
	Node        string     `json:"node,omitempty"`
	HostNetwork bool       `json:"hostNetwork,omitempty"`
	// Service is the Service that has the address. Ports are the Service's ports if it lacks the destination's; NoEndpoint
	// reports whether it has no ready endpoint.
	Service    *check.Ref       `json:"service,omitempty"`
	Ports      []endpoints.Port `json:"ports,omitempty"`
	NoEndpoint bool             `json:"noEndpoint,omitempty"`
	// LocalTo are the nodes whose pods reach the Service by its ClusterIP, since its internalTrafficPolicy is Local; nil: all do.
	LocalTo []string `json:"localTo,omitempty"`
	// ProxyName is ServiceInfo.ProxyName of the Service.
	ProxyName string `json:"proxyName,omitempty"`
}

// HasBackend reports whether something is behind the address, as far as the cluster knows.
func (t OnwardTarget) HasBackend() bool { return t.Address != "" && len(t.Ports) == 0 && !t.NoEndpoint }

// resolve fills in what is behind the address: a pod, directly or through a Service, or something outside the cluster.
func (t *OnwardTarget) resolve(ctx context.Context, e *Env, to string) (netpolicy.End, error) {
	t.Address = to
	out := netpolicy.End{}
	out.Address, _ = netip.ParseAddr(to)
	services, err := e.Clients.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("spec.clusterIP", to).String(),
	})
	if err != nil {
		return out, err
	}
	if len(services.Items) > 0 {
		return t.throughService(ctx, e, &services.Items[0], out)
	}
	public, err := loadBalancers(ctx, e) // kube-proxy forwards from a load balancer's address to its pods directly
	if err != nil {
		return out, err
	}
	s := serviceAt(public, to, []int32{t.Port.Number})
	if s == nil { // Services may share an address, each with its own ports
		s = serviceAt(public, to, nil)
	}
	if s != nil {
		return t.throughService(ctx, e, s, out)
	}
	pods, err := e.Clients.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		FieldSelector: "status.phase=Running,status.podIP=" + to, Limit: 1,
	})
	if err != nil || len(pods.Items) == 0 || pods.Items[0].Spec.HostNetwork {
		return out, err
	}
	return t.useEndpoint(ctx, e, &pods.Items[0])
}

func (t *OnwardTarget) useEndpoint(ctx context.Context, e *Env, pod *corev1.Pod) (netpolicy.End, error) {
	t.Pod = &check.Ref{Kind: "pod", Namespace: pod.Namespace, Name: pod.Name}
	t.Node, t.HostNetwork = pod.Spec.NodeName, pod.Spec.HostNetwork
	return podEnd(ctx, e, pod)
}

// throughService fills in the first ready pod behind the port of the Service: policies apply after kube-proxy has translated
// the address.
func (t *OnwardTarget) throughService(ctx context.Context, e *Env, s *corev1.Service, out netpolicy.End) (netpolicy.End, error) {
	t.Service = &check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	i := slices.IndexFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == t.Port.Number && p.Protocol == corev1.ProtocolTCP })
	if i < 0 {
		info, _ := ServiceOf(s)
		t.Ports = info.Ports
		return out, nil
	}
	list, err := e.Clients.DiscoveryV1().EndpointSlices(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: slicesOf(s.Name)})
	if err != nil {
		return out, err
	}
	t.NoEndpoint, t.ProxyName = true, s.Labels[ServiceProxyLabel]
	if ptr.Deref(s.Spec.InternalTrafficPolicy, "") == corev1.ServiceInternalTrafficPolicyLocal && t.Address == s.Spec.ClusterIP {
		t.LocalTo = endpointNodes(list.Items)
	}
	for _, slice := range list.Items {
		n := endpointPort(slice, s.Spec.Ports[i].Name)
		for _, endpoint := range slice.Endpoints {
			if n == 0 || len(endpoint.Addresses) == 0 || endpoint.Conditions.Ready != nil && !*endpoint.Conditions.Ready {
				continue
			}
			t.NoEndpoint, t.Port.Number = false, n
			out.Address, _ = netip.ParseAddr(endpoint.Addresses[0])
			if endpoint.TargetRef == nil || endpoint.TargetRef.Kind != "Pod" {
				return out, nil
			}
			pod, err := e.Clients.CoreV1().Pods(s.Namespace).Get(ctx, endpoint.TargetRef.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) { // just replaced
				continue
			}
			if err != nil {
				return out, err
			}
			return t.useEndpoint(ctx, e, pod)
		}
	}
	return out, nil
}

// endpointNodes returns the nodes of the ready endpoints, sorted; never nil.
func endpointNodes(list []discoveryv1.EndpointSlice) []string {
	nodes := []string{}
	for _, slice := range list {
		for _, e := range slice.Endpoints {
			if e.NodeName != nil && ptr.Deref(e.Conditions.Ready, true) {
				nodes = append(nodes, *e.NodeName)
			}
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// endpointPort returns the TCP port with the name in the slice; 0 if there is none.
func endpointPort(slice discoveryv1.EndpointSlice, name string) int32 {
	for _, p := range slice.Ports {
		if p.Port != nil && p.Name != nil && *p.Name == name && (p.Protocol == nil || *p.Protocol == corev1.ProtocolTCP) {
			return *p.Port
		}
	}
	return 0
}
