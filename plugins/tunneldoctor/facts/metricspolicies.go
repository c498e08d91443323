package facts

import (
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

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
	const https = 443
	servers, _ := apiAddresses(ctx, e) // policies see these, and not the cluster IP; without them, only kubelets are looked at
	for _, at := range servers {
		if policies = out.against(netip.AddrPortFrom(at, https)); policies != nil {
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
