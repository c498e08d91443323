package facts

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/netpolicy"
)

// podOwnedBy is a pod of a ReplicaSet that declares the ports.
func podOwnedBy(replicaSet string, ports ...int32) corev1.Pod {
	owner := metav1.OwnerReference{Kind: "ReplicaSet", Name: replicaSet, Controller: ptr.To(true)}
	pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: replicaSet + "-x7k2p", Namespace: "policy", Labels: map[string]string{"app": "operator"},
		OwnerReferences: []metav1.OwnerReference{owner},
	}}
	c := corev1.Container{Name: "app"}
	for _, p := range ports {
		c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: p, Protocol: corev1.ProtocolTCP})
	}
	pod.Spec.Containers = []corev1.Container{c}
	return pod
}

// Pods are strays only if they declare ports, others declare that of the webhook, and they do not.
func TestStrays(t *testing.T) {
	hook, controller, silent := podOwnedBy("hook-1", 8443), podOwnedBy("controller-1", 8080), podOwnedBy("controller-1")
	for name, c := range map[string]struct {
		pods []corev1.Pod
		want []string
	}{
		"one workload":                 {[]corev1.Pod{hook, hook}, nil},
		"two that declare the port":    {[]corev1.Pod{hook, podOwnedBy("hook-2", 8443)}, nil},
		"one declares another":         {[]corev1.Pod{hook, controller}, []string{"replicaset/controller-1"}},
		"one declares none":            {[]corev1.Pod{hook, silent}, nil},
		"none declares the port":       {[]corev1.Pod{controller, podOwnedBy("other-1", 9090)}, nil},
		"a container of each declares": {[]corev1.Pod{hook, podOwnedBy("controller-1", 8080, 8443)}, nil},
	} {
		var b Backend
		b.sort(c.pods, endpoints.Port{TargetPort: "8443", Protocol: "TCP"})
		if diff := cmp.Diff(c.want, b.Strays); diff != "" || b.Port != 8443 {
			t.Errorf("%s: port %d %s", name, b.Port, diff)
		}
	}
}

// The policies are named only if no agent is let in to the port.
func TestPoliciesAgainst(t *testing.T) {
	ingress := func(from ...networkingv1.NetworkPolicyPeer) []*networkingv1.NetworkPolicy {
		p := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "allow-some", Namespace: "policy"}}
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if from != nil {
			p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: from}}
		}
		return []*networkingv1.NetworkPolicy{p}
	}
	pod := podOwnedBy("hook-1", 8443)
	agent := netpolicy.End{Namespace: "kube-system", Labels: map[string]string{"app": "konnectivity-agent"}}
	addresses := []netip.Addr{netip.MustParseAddr("10.244.0.7"), netip.MustParseAddr("10.244.1.7")}
	closed := []string{"allow-some"}
	for name, c := range map[string]struct {
		policies []*networkingv1.NetworkPolicy
		want     []string
	}{
		"no policy":            {nil, nil},
		"nobody":               {ingress(), closed},
		"its own namespace":    {ingress(networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}), closed},
		"all namespaces":       {ingress(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}}), nil},
		"kube-system":          {ingress(netpolicy.NamespacePeer("kube-system")), nil},
		"an agent's node only": {ingress(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "10.244.1.0/24"}}), nil},
		"other addresses":      {ingress(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "10.99.0.0/16"}}), closed},
	} {
		if diff := cmp.Diff(c.want, policiesAgainst(c.policies, &pod, agent, addresses, 8443)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A webhook is suspected if a dry run names it, took as long as it may take, or if its pods seem to be of several workloads.
func TestSuspects(t *testing.T) {
	w := func(name string, set func(*Webhook)) Webhook {
		w := Webhook{Name: name, Timeout: 10, DryRunKind: "configmaps", SelectsOwn: true, Endpoints: 1}
		w.Service = check.Ref{Namespace: "policy", Name: name}
		set(&w)
		return w
	}
	nothing := func(*Webhook) {}
	webhooks := []Webhook{
		w("a.example.com", nothing), w("b.example.com", func(w *Webhook) { w.Timeout = 30 }),
		w("c.example.com", func(w *Webhook) { w.Mixed, w.FailClosed, w.DryRunKind = true, true, "" }),
		w("d.example.com", func(w *Webhook) { w.Endpoints = 0 }),
		w("e.example.com", func(w *Webhook) { w.Timeout = 1 }),
		w("f.example.com", func(w *Webhook) { w.FailClosed = true }),
	}
	for name, c := range map[string]struct {
		run  DryRun
		want []string
	}{
		"a second": {DryRun{Kind: "configmaps", Millis: 1040}, []string{"c.example.com"}},
		"quick":    {DryRun{Kind: "configmaps", Millis: 40}, []string{"c.example.com"}},
		"ten s":    {DryRun{Kind: "configmaps", Millis: 10040}, []string{"a.example.com", "c.example.com"}},
		"named": {
			DryRun{Kind: "configmaps", Error: `failed calling webhook "b.example.com": context deadline exceeded`},
			[]string{"b.example.com", "c.example.com"},
		},
		"of another kind": {DryRun{Kind: "pods", Millis: 10040}, []string{"c.example.com"}},
		"timed out":       {DryRun{Kind: "configmaps", TimedOut: true}, []string{"b.example.com", "c.example.com"}},
	} {
		var got []string
		for _, b := range suspects(webhooks, []DryRun{c.run}) {
			got = append(got, b.Of)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
