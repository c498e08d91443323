package faults

import (
	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// ownNamespace selects all pods in a policy's own namespace.
var ownNamespace = []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}

func (c *Case) policy(name string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{ObjectMeta: c.meta(name), Spec: spec}
}

// letsIn returns a policy for the app's pods with one ingress rule.
func (c *Case) letsIn(rule networkingv1.NetworkPolicyIngressRule) *networkingv1.NetworkPolicy {
	return c.policy("callers", networkingv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": c.Name}},
		Ingress:     []networkingv1.NetworkPolicyIngressRule{rule},
	})
}

func port(n int32) []networkingv1.NetworkPolicyPort {
	return []networkingv1.NetworkPolicyPort{{Port: ptr.To(intstr.FromInt32(n))}}
}

func withRole(role string) []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"role": role}}}}
}

// Frontend returns a workload whose pods are clients of the app.
func (c *Case) Frontend() *appsv1.Deployment {
	d := c.Workload("frontend", "a")
	labels := map[string]string{"role": "frontend"}
	d.Spec.Selector.MatchLabels, d.Spec.Template.Labels = labels, labels
	return d
}

// letsOut returns policies that allow all pods in the namespace egress to its own pods, and what the rules allow.
func (c *Case) letsOut(rules ...networkingv1.NetworkPolicyEgressRule) *networkingv1.NetworkPolicy {
	return c.policy("egress", networkingv1.NetworkPolicySpec{
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
		Egress:      append([]networkingv1.NetworkPolicyEgressRule{{To: ownNamespace}}, rules...),
	})
}

// policyBreaks are NetworkPolicies that block connections; the lab with apps enforces them.
func policyBreaks() map[string]Broken {
	out := networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}}
	return map[string]Broken{
		"policy-denies-in": {Heals: true, Change: func(c *Case) { c.Add(c.policy("default-deny", networkingv1.NetworkPolicySpec{})) }},
		"policy-names-service-port": {Heals: true, Change: func(c *Case) {
			c.Add(c.letsIn(networkingv1.NetworkPolicyIngressRule{From: ownNamespace, Ports: port(c.Service.Spec.Ports[0].Port + 1)}))
		}},
		"policy-lets-nobody": {Heals: true, Change: func(c *Case) {
			c.Add(c.letsIn(networkingv1.NetworkPolicyIngressRule{From: withRole("frontend")}))
		}},
		"policy-denies-out": {Change: func(c *Case) { c.Add(c.policy("default-deny-egress", out)) }},
		"policy-lets-others": {Change: func(c *Case) {
			c.Add(c.Frontend(), c.letsIn(networkingv1.NetworkPolicyIngressRule{From: withRole("frontend")}))
		}},
	}
}
