package onward

import (
	"fmt"
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// dnsEgressFix allows the pods of the first policy egress to the cluster's DNS.
func dnsEgressFix(namespace string, v netpolicy.Verdict) check.Fix {
	peer := netpolicy.NamespacePeer(metav1.NamespaceSystem)
	peer.PodSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}}
	port := netpolicy.DNSPort()
	return addRule(namespace, netpolicy.Egress, v, peer, port, netpolicy.Port{Protocol: "TCP", Number: port.Number})
}

func egressFix(namespace string, policies facts.OnwardPolicyResult) check.Fix {
	return addRule(namespace, netpolicy.Egress, policies.Pod.Out, destinationPeer(policies.Destination), policies.Destination.Port)
}

func ingressFix(o facts.OriginPod, policies facts.OnwardPolicyResult) check.Fix {
	peer := netpolicy.NamespacePeer(o.Namespace)
	if o.Pod.HostNetwork {
		peer = addressPeer(o.Pod.IP)
	}
	return addRule(policies.Destination.Pod.Namespace, netpolicy.Ingress, policies.Pod.In, peer, policies.Destination.Port)
}

// destinationPeer is the destination's namespace, or its address if it is not a pod's.
func destinationPeer(to facts.OnwardTarget) networkingv1.NetworkPolicyPeer {
	if to.Pod != nil && !to.HostNetwork {
		return netpolicy.NamespacePeer(to.Pod.Namespace)
	}
	return addressPeer(to.Address)
}

func addressPeer(address string) networkingv1.NetworkPolicyPeer {
	bits := 32
	if ip, err := netip.ParseAddr(address); err == nil {
		bits = ip.BitLen()
	}
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: fmt.Sprintf("%s/%d", address, bits)}}
}

// addRule adds a rule for the peer and ports to the first of the policies.
func addRule(
	namespace string, d netpolicy.Direction, v netpolicy.Verdict, peer networkingv1.NetworkPolicyPeer, ports ...netpolicy.Port,
) check.Fix {
	policy := v.Policies[0]
	f := fix("add a rule to "+policy+", for all pods it selects, or write a narrower policy",
		cmdline.Kubectl("patch", "networkpolicy", policy, "-n", namespace, "--type=json", "-p", v.Patch(d, peer, ports...)))
	if peer.NamespaceSelector != nil && peer.PodSelector == nil {
		f.Weakens = "these pods may connect to all pods of the other namespace"
		if d == netpolicy.Ingress {
			f.Weakens = "all pods of the other namespace may connect"
		}
	}
	return f
}
