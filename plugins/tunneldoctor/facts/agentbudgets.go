package facts

import (
	"context"

	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// Budget is a PodDisruptionBudget of the tunnel agents.
type Budget struct {
	Name     string `json:"name"`
	Required int32  `json:"wanted"`  // pods that must stay healthy
	Healthy  int32  `json:"healthy"` // pods that are healthy
	Allowed  int32  `json:"allowed"` // pods that may be evicted now
}

// AgentBudgets are the PodDisruptionBudgets of kube-system that select the agents.
var AgentBudgets = &Fact[[]Budget]{
	Name:     "agent-budgets",
	Needs:    []check.Need{Tunnel},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("policy", "poddisruptionbudgets", "list")}},
	Gather: func(ctx context.Context, e *Env) ([]Budget, []check.Evidence, error) {
		t, err := Tunnel.From(ctx, e)
		if err != nil || t.Kind == "" {
			return nil, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "poddisruptionbudgets", "-n", metav1.NamespaceSystem)}}
		with, err := metav1.ParseToLabelSelector(t.Selector)
		if err != nil {
			return nil, seen, err
		}
		list := []Budget{}
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.PolicyV1().PodDisruptionBudgets(metav1.NamespaceSystem).List(ctx, o)
		}, "", func(object runtime.Object) {
			if b, ok := object.(*policyv1.PodDisruptionBudget); ok && b.Spec.Selector != nil && selects(b.Spec.Selector, with.MatchLabels) {
				list = append(list, Budget{b.Name, b.Status.DesiredHealthy, b.Status.CurrentHealthy, b.Status.DisruptionsAllowed})
			}
		})
		return list, seen, err
	},
}
