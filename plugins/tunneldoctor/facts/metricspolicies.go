package facts

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/netpolicy"
)

// barringKubelets returns the NetworkPolicies that together keep the pod from the kubelet of some node. Where they or the nodes cannot be
// read, there are none.
func barringKubelets(ctx context.Context, e *Env, p *corev1.Pod) []string {
	if p.Spec.HostNetwork {
		return nil
	}
	policies, err := cluster.NetworkPolicies(ctx, e.Clients, p.Namespace)
	if err != nil || len(policies) == 0 {
		return nil
	}
	nodes, err := ClusterNodes.From(ctx, e)
	if err != nil {
		return nil
	}
	pod := cluster.PolicyEnd(p)
	selecting := netpolicy.Selecting(policies, netpolicy.Egress, pod)
	for _, n := range nodes.Items {
		if n.Name == p.Spec.NodeName || n.Simulated || !n.IP.IsValid() {
			continue
		}
		v := netpolicy.Evaluate(selecting, netpolicy.Egress, pod, netpolicy.End{Address: n.IP}, netpolicy.Port{
			Protocol: string(corev1.ProtocolTCP), Number: KubeletPort,
		})
		if !v.Allows() {
			return v.Policies
		}
	}
	return nil
}
