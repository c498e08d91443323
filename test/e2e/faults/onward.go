package faults

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// OnwardCase is a connection from the frontend's pod to a destination, and what blocks it.
type OnwardCase struct {
	Name   string
	Code   string // empty: nothing blocks it
	Status string // of the verdict; empty: fail, if there is a code
	Why    string
	Heals  bool
	Change func(*Case)
	To     func(*Case) (host string, port int32)
	Shows  func(State) bool
}

func toService(c *Case) (string, int32) { return c.Name, c.Service.Spec.Ports[0].Port }

// frontendOnly is a policy for the frontend's pods.
func (c *Case) frontendOnly(rules ...networkingv1.NetworkPolicyEgressRule) *networkingv1.NetworkPolicy {
	return c.policy("frontend", networkingv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"role": "frontend"}},
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, Egress: rules,
	})
}

// dnsOnly allows egress to the cluster's DNS only.
var dnsOnly = networkingv1.NetworkPolicyEgressRule{
	To: []networkingv1.NetworkPolicyPeer{
		{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: metav1.NamespaceSystem}}},
	},
	Ports: []networkingv1.NetworkPolicyPort{{Protocol: ptr.To(corev1.ProtocolUDP), Port: ptr.To(intstr.FromInt32(53))}},
}

// Onward returns the connections to test, inner hops first.
func Onward() []OnwardCase {
	return []OnwardCase{
		{Name: "plain", Why: "a Service of the namespace, by its short name", To: toService, Shows: allReady},
		{
			Name: "other-namespace", Why: "a Service of another namespace",
			To: func(*Case) (string, int32) { return "kube-dns.kube-system.svc.cluster.local.", 53 }, Shows: allReady,
		},
		{Name: "api", Why: "the API server, by TLS", To: func(*Case) (string, int32) { return "kubernetes.default.svc", 443 }, Shows: allReady},
		{Name: "pod-waits", Code: "INS1001", Why: "the pod has no image", To: toService, Change: func(c *Case) {
			c.frontendImage("registry.invalid/absent:v1")
		}, Shows: func(s State) bool { return len(s.Pods) > 1 }},
		{
			Name: "name-absent", Code: "INS1002", Why: "the name does not exist",
			To: func(c *Case) (string, int32) { return "absent." + c.publicName(), 443 }, Shows: allReady,
		},
		{Name: "policy-misses-dns", Code: "INS1002", Status: "warn", Why: "a policy allows egress to the app, but not to the cluster's DNS; " +
			"nothing shows that it is enforced", Heals: true, To: toService, Shows: allReady, Change: func(c *Case) {
			c.Add(c.frontendOnly(networkingv1.NetworkPolicyEgressRule{To: ownNamespace}))
		}},
		{
			Name: "policy-denies-all-out", Code: "INS1002", Why: "a policy denies all egress, the test pod's too: its enforcement is visible",
			To: toService, Shows: allReady, Change: func(c *Case) {
				c.Add(
					c.policy("default-deny-egress", networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}}),
				)
			},
		},
		{
			Name: "policy-denies-out", Code: "INS1003", Status: "warn", Why: "a policy only allows egress to DNS",
			Heals: true, To: toService, Shows: allReady, Change: func(c *Case) { c.Add(c.frontendOnly(dnsOnly)) },
		},
		{
			Name: "policy-denies-in", Code: "INS1003", Why: "a policy denies all ingress to the app", Heals: true,
			To: toService, Shows: allReady, Change: func(c *Case) {
				c.Add(
					c.policy("closed", networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": c.Name}}}),
				)
			},
		},
		{
			Name: "no-such-port", Code: "INS1004", Why: "the Service has no such port",
			To: func(c *Case) (string, int32) { return c.Name, c.Service.Spec.Ports[0].Port + 1 }, Shows: allReady,
		},
		{
			Name: "refused", Code: "INS1004", Why: "nothing listens there",
			To: func(*Case) (string, int32) { return "10.220.0.20", 9 }, Shows: allReady,
		},
		{
			Name: "certificate-expired", Code: "INS1005", Why: "the app's certificate has expired",
			To: func(c *Case) (string, int32) { return c.Name, 443 }, Shows: allReady, Change: func(c *Case) {
				c.Args(fmt.Sprintf("-https=%d", c.Port), "-cert-host="+c.Name, "-cert-expired")
				c.App().ReadinessProbe = connects(c.Port, 1)
				c.Service.Spec.Ports[0].Port = 443
			},
		},
	}
}

func (c *Case) frontendImage(image string) {
	for _, o := range c.Extra {
		if d, ok := o.(*appsv1.Deployment); ok && d.Name == "frontend" {
			d.Spec.Template.Spec.Containers[0].Image = image
		}
	}
}
