package facts

import (
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/netpolicy"
)

// egress is what NetworkPolicies say of a pod's connections.
type egress struct {
	policies []*networkingv1.NetworkPolicy // that select it
	pod      netpolicy.End
}

// barred returns the NetworkPolicies that together keep metrics-server's pod from the API server, and then api is true, or from the
// kubelet of some node. Where they, or the addresses, cannot be read, there are none.
func barred(ctx context.Context, e *Env, p *corev1.Pod) (policies []string, api bool) {
	if p.Spec.HostNetwork {
		return nil, false
	}
	all, err := cluster.NetworkPolicies(ctx, e.Clients, p.Namespace)
	if err != nil || len(all) == 0 {
		return nil, false
	}
	pod := cluster.PolicyEnd(p)
	out := egress{netpolicy.Selecting(all, netpolicy.Egress, pod), pod}
	if len(out.policies) == 0 {
		return nil, false
	}
	for _, at := range apiEndpoints(ctx, e) {
		if policies = out.against(at); policies != nil {
			return policies, true
		}
	}
	nodes, err := ClusterNodes.From(ctx, e)
	if err != nil {
		return nil, false
	}
	for _, n := range nodes.Items {
		if n.Name == p.Spec.NodeName || n.Simulated || !n.IP.IsValid() {
			continue
		}
		if policies = out.against(netip.AddrPortFrom(n.IP, KubeletPort)); policies != nil {
			return policies, false
		}
	}
	return nil, false
}

// against returns the policies if they do not let the pod connect to the address; nil: they do.
func (out egress) against(to netip.AddrPort) []string {
	v := netpolicy.Evaluate(out.policies, netpolicy.Egress, out.pod, netpolicy.End{Address: to.Addr()}, netpolicy.Port{
		Protocol: string(corev1.ProtocolTCP), Number: int32(to.Port()),
	})
	if v.Allows() {
		return nil
	}
	return v.Policies
}

// apiEndpoints returns the addresses behind the Service kubernetes: policies see these, and not its cluster IP.
func apiEndpoints(ctx context.Context, e *Env) []netip.AddrPort {
	list, err := e.Clients.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=kubernetes",
	})
	if err != nil {
		return nil
	}
	var all []netip.AddrPort
	for _, slice := range list.Items {
		for _, port := range slice.Ports {
			for _, endpoint := range slice.Endpoints {
				address, err := netip.ParseAddr(first(endpoint.Addresses))
				if err == nil && port.Port != nil {
					all = append(all, netip.AddrPortFrom(address, uint16(*port.Port))) //nolint:gosec // a port
				}
			}
		}
	}
	return all
}

// first returns the first of the addresses; empty: there are none.
func first(addresses []string) string {
	if len(addresses) == 0 {
		return ""
	}
	return addresses[0]
}
