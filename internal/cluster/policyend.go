package cluster

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/netpolicy"
)

// PolicyEnd returns the pod as NetworkPolicies see it: without the labels of its namespace, which are not its own. Policies do not apply to
// pods in the network of their node; the caller must leave these out.
func PolicyEnd(p *corev1.Pod) netpolicy.End {
	end := netpolicy.End{Namespace: p.Namespace, Labels: p.Labels}
	end.Address, _ = netip.ParseAddr(p.Status.PodIP) // the zero Addr if it has none yet
	for _, c := range PodOf(p).Ports() {
		number := netpolicy.Port{Protocol: c.Protocol, Number: c.Number}
		end.Ports = append(end.Ports, netpolicy.NamedPort{Name: c.Name, Port: number})
	}
	return end
}
