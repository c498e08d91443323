package facts

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// NodeTaintList holds how many nodes have each taint that keeps pods away, as kubectl writes them. The scheduler's message names none.
type NodeTaintList struct {
	Nodes  int            `json:"nodes"`
	Taints map[string]int `json:"taints"`
}

// NodeTaints is read only where a pod is not scheduled.
var NodeTaints = &Fact[NodeTaintList]{
	Name:   "node-taints",
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "list")},
	Gather: func(ctx context.Context, e *Env) (NodeTaintList, []check.Evidence, error) {
		list := NodeTaintList{Taints: map[string]int{}}
		err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Nodes().List(ctx, o)
		}, "", func(object runtime.Object) {
			if n, ok := object.(*corev1.Node); ok {
				list.Nodes++
				for _, taint := range cluster.NodeOf(n).Taints {
					list.Taints[taint]++
				}
			}
		})
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "nodes", "-o", "custom-columns=NAME:.metadata.name,TAINTS:.spec.taints")}}
		return list, seen, err
	},
}
