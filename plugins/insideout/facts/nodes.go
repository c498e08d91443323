package facts

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// Nodes are the Ready conditions, by node name, of the nodes of pods that are not Ready. The Status of a node that no longer
// exists is empty.
var Nodes = &Fact[map[string]podhealth.Condition]{
	Name:   "nodes",
	Needs:  []check.Need{Pods},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get")},
	Gather: func(ctx context.Context, e *Env) (map[string]podhealth.Condition, []check.Evidence, error) {
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		names := map[string]bool{}
		for _, p := range pods.Alive() {
			if p.Node != "" && !p.Ready() && len(names) < podhealth.MaxEventPods {
				names[p.Node] = true
			}
		}
		nodes := map[string]podhealth.Condition{}
		var seen []check.Evidence
		for _, name := range slices.Sorted(maps.Keys(names)) {
			seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "node", name)})
			node, err := e.Clients.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				nodes[name] = podhealth.Condition{Type: string(corev1.NodeReady)}
				continue
			} else if err != nil {
				return nil, seen, err
			}
			if ready := cluster.NodeReady(node); ready.Status != "" {
				nodes[name] = ready
			}
		}
		return nodes, seen, nil
	},
}
