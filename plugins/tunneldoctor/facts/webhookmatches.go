package facts

import (
	"context"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Unusable reports whether calls of the webhook fail by its objects alone: its Service has no ready endpoint, or not its port.
func (w Webhook) Unusable() bool { return w.Outside == "" && (w.Endpoints == 0 || len(w.Ports) > 0) }

// markMatches sets Matches and OwnPods on the webhooks that fail closed and are unusable. What cannot be read stays unset.
func markMatches(
	ctx context.Context, e *Env, list []Webhook, selectors []*metav1.LabelSelector, rules [][]admissionv1.RuleWithOperations,
) {
	var groups []string // of all APIs; read once, where a rule has a group that is not built in
	served := func(group string) bool {
		if builtIn(group) {
			return true
		}
		if groups == nil {
			groups = []string{""}
			if found, err := e.Clients.Discovery().ServerGroups(); err == nil {
				for _, g := range found.Groups {
					groups = append(groups, g.Name)
				}
			}
		}
		return slices.Contains(groups, group)
	}
	labels := map[string]map[string]string{} // of namespaces
	for i := range list {
		w := &list[i]
		if !w.FailClosed || !w.Unusable() {
			continue
		}
		w.Matches = slices.ContainsFunc(rules[i], func(r admissionv1.RuleWithOperations) bool {
			return slices.ContainsFunc(r.APIGroups, served)
		})
		if !w.MatchesPods || w.Selective {
			continue
		}
		namespace := w.Service.Namespace
		if _, known := labels[namespace]; !known {
			labels[namespace] = map[string]string{corev1.LabelMetadataName: namespace}
			if ns, err := e.Clients.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{}); err == nil {
				labels[namespace] = ns.Labels
			}
		}
		w.OwnPods = selects(selectors[i], labels[namespace])
	}
}

// builtIn reports whether the API server itself serves the group.
func builtIn(group string) bool {
	return group == "*" || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") && !strings.Contains(group, ".x-k8s.io")
}

// heartbeats reports whether the webhook is asked about what kubelets report
// (https://kubernetes.io/docs/reference/node/node-status/#heartbeats). Leases are in a namespace, which its selector may exclude.
func heartbeats(v *admissionv1.ValidatingWebhook) bool {
	leases := selects(v.NamespaceSelector, map[string]string{corev1.LabelMetadataName: corev1.NamespaceNodeLease})
	return slices.ContainsFunc(v.Rules, func(r admissionv1.RuleWithOperations) bool {
		if !slices.Contains(r.Operations, admissionv1.Update) && !slices.Contains(r.Operations, admissionv1.OperationAll) {
			return false
		}
		all := slices.Contains(r.APIGroups, "*")
		nodes := slices.ContainsFunc(r.Resources, func(s string) bool {
			return s == "nodes/status" || s == "nodes/*" || s == "*/status" || s == "*/*"
		})
		lease := slices.Contains(r.Resources, "leases") || slices.Contains(r.Resources, "*") || slices.Contains(r.Resources, "*/*")
		return nodes && (all || slices.Contains(r.APIGroups, "")) ||
			leases && lease && (all || slices.Contains(r.APIGroups, "coordination.k8s.io"))
	})
}
