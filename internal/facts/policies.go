package facts

import (
	"context"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
)

// Policy is a NetworkPolicy for what comes in.
type Policy struct {
	Name string   `json:"name"`
	Pods []string `json:"pods"` // the pods of the Service that it selects
}

// Policies are the NetworkPolicies that select pods of the Service for ingress; for when packets get lost. Whether they are
// enforced, and what else is, such as policies of Calico or Cilium, is not known.
var Policies = &Fact[[]Policy]{
	Name:   "network-policies",
	Needs:  []check.Need{Service},
	Access: []rbacv1.PolicyRule{rule("networking.k8s.io", "networkpolicies", "list"), rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) ([]Policy, []check.Evidence, error) {
		s, err := Service.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "networkpolicies", "-n", s.Namespace}}}
		var policies []*networkingv1.NetworkPolicy
		err = each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.NetworkingV1().NetworkPolicies(s.Namespace).List(ctx, o)
		}, "", func(object runtime.Object) {
			if p, ok := object.(*networkingv1.NetworkPolicy); ok && slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
				policies = append(policies, p)
			}
		})
		list := []Policy{}
		if err != nil || len(policies) == 0 || len(s.Selector) == 0 {
			return list, seen, err
		}
		pods, err := e.Clients.Metadata("v1", "pods").Namespace(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.Set(s.Selector).String(), Limit: 500})
		if err != nil {
			return nil, seen, err
		}
		for _, p := range policies {
			selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
			if err != nil {
				return nil, seen, err
			}
			policy := Policy{Name: p.Name}
			for _, pod := range pods.Items {
				if selector.Matches(labels.Set(pod.Labels)) {
					policy.Pods = append(policy.Pods, pod.Name)
				}
			}
			if len(policy.Pods) > 0 {
				list = append(list, policy)
			}
		}
		return list, seen, nil
	},
}
