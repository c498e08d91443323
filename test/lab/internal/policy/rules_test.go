package policy

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

func TestRules(t *testing.T) {
	node := layout.Nodes()[0]
	pod := func(namespace, name, ip string) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}}}
		p.Spec.NodeName, p.Status.PodIP = node.Name, ip
		p.Spec.Containers = []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}}}}
		return p
	}
	port, end, named := intstr.FromInt32(80), int32(90), intstr.FromString("web")
	ofApp := func(name string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	}
	c := Cluster{
		Pods:       []*corev1.Pod{pod("a", "app", "10.244.0.5"), pod("a", "client", "10.244.0.6"), pod("b", "client", "10.244.0.7")},
		Namespaces: map[string]labels.Set{"a": {"team": "a"}, "b": {"team": "b"}},
	}
	in := func(peers []networkingv1.NetworkPolicyPeer, ports ...networkingv1.NetworkPolicyPort) networkingv1.NetworkPolicySpec {
		return networkingv1.NetworkPolicySpec{
			PodSelector: *ofApp("app"), PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{From: peers, Ports: ports}},
		}
	}
	deny := in(nil)
	deny.Ingress = nil
	for name, x := range map[string]struct {
		spec networkingv1.NetworkPolicySpec
		want []string // the chain's matches
	}{
		"deny":      {deny, []string{}},
		"allow all": {in(nil), nil},
		"range":     {in(nil, networkingv1.NetworkPolicyPort{Port: &port, EndPort: &end}), []string{"tcp dport 80-90"}},
		"named": {
			in([]networkingv1.NetworkPolicyPeer{{PodSelector: ofApp("client")}}, networkingv1.NetworkPolicyPort{Port: &named}),
			[]string{"ip saddr { 10.244.0.6 } tcp dport 8080"},
		},
		"namespace": {
			in([]networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "b"}}}}),
			[]string{"ip saddr { 10.244.0.7 }"},
		},
		"block": {
			in([]networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"10.244.0.0/16"}}}}),
			[]string{"ip saddr 10.0.0.0/8 ip saddr != { 10.244.0.0/16 }"},
		},
		"nobody left": {in([]networkingv1.NetworkPolicyPeer{{PodSelector: ofApp("gone")}}), []string{}},
	} {
		c.Policies = []*networkingv1.NetworkPolicy{{ObjectMeta: metav1.ObjectMeta{Namespace: "a"}, Spec: x.spec}}
		got := c.Rules(node)
		if (x.want == nil) == strings.Contains(got, "chain in_10_244_0_5 {") {
			t.Errorf("%s:\n%s", name, got)
		}
		for _, w := range x.want {
			if !strings.Contains(got, "\t\t"+w+" return\n") {
				t.Errorf("%s: no %q in\n%s", name, w, got)
			}
		}
		if strings.Contains(got, "_10_244_0_6 {") {
			t.Errorf("%s: the client is no subject\n%s", name, got)
		}
	}
}
