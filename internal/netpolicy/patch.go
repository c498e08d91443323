package netpolicy

import (
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Patch returns a JSON patch that adds to the first policy of the verdict a rule that allows the peer on the ports. The pod
// must be isolated.
func (v Verdict) Patch(d Direction, peer networkingv1.NetworkPolicyPeer, ports ...Port) string {
	peers := []networkingv1.NetworkPolicyPeer{peer}
	var on []networkingv1.NetworkPolicyPort
	for _, p := range ports {
		on = append(on, networkingv1.NetworkPolicyPort{
			Protocol: ptr.To(corev1.Protocol(p.Protocol)), Port: ptr.To(intstr.FromInt32(p.Number)),
		})
	}
	var rule any = networkingv1.NetworkPolicyIngressRule{From: peers, Ports: on}
	if d == Egress {
		rule = networkingv1.NetworkPolicyEgressRule{To: peers, Ports: on}
	}
	op := map[string]any{"op": "add", "path": "/spec/" + strings.ToLower(string(d)), "value": []any{rule}}
	for _, r := range v.Rules {
		if r.Policy == v.Policies[0] { // the list of rules exists
			op["path"], op["value"] = op["path"].(string)+"/-", rule
			break
		}
	}
	body, err := json.Marshal([]any{op})
	if err != nil {
		panic(err) // API types can always be marshalled
	}
	return string(body)
}

// NamespacePeer returns a peer that selects every pod in the namespace.
func NamespacePeer(name string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}},
	}
}
