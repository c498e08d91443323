package facts

import (
	"context"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
)

// otherPorts returns the Service's ports if the port is not one of them; else nil. It is nil too for a Service that cannot be read: that it
// is missing shows by its endpoints.
func otherPorts(ctx context.Context, e *Env, service check.Ref, port int32) []int32 {
	s, err := e.Clients.CoreV1().Services(service.Namespace).Get(ctx, service.Name, metav1.GetOptions{})
	if err != nil || s.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	var ports []int32
	for _, p := range s.Spec.Ports {
		if p.Port == port {
			return nil
		}
		ports = append(ports, p.Port)
	}
	return ports
}

// Unusable reports whether calls of the webhook fail by its objects alone: its Service has no ready endpoint, or not its port.
func (w Webhook) Unusable() bool { return w.Endpoints == 0 || len(w.Ports) > 0 }

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
		labels := map[string]string{corev1.LabelMetadataName: w.Service.Namespace}
		if ns, err := e.Clients.CoreV1().Namespaces().Get(ctx, w.Service.Namespace, metav1.GetOptions{}); err == nil {
			labels = ns.Labels
		}
		w.OwnPods = selects(selectors[i], labels)
	}
}

// builtIn reports whether the API server itself serves the group.
func builtIn(group string) bool {
	return group == "*" || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") && !strings.Contains(group, ".x-k8s.io")
}
