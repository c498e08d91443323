package facts

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
)

// KubeletStarts is how often a node's kubelet has started lately, by the events that it writes as it starts.
type KubeletStarts struct {
	Node  string    `json:"node"`
	Times int       `json:"times"`
	Last  time.Time `json:"last,omitzero"`
}

const (
	// StartsWithin is the time within which starts of kubelets count.
	StartsWithin = 10 * time.Minute
	// maxStarts is of how many nodes the events are read.
	maxStarts = 5
)

// RecentKubeletStarts are those of the nodes on which something has failed, the first maxStarts.
var RecentKubeletStarts = &Fact[[]KubeletStarts]{
	Name:     "kubelet-starts",
	Needs:    []check.Need{LogAttempts, ExecAttempts, AgentNodeReports},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceDefault: {fact.Rule("", "events", "list")}},
	Gather: func(ctx context.Context, e *Env) ([]KubeletStarts, []check.Evidence, error) {
		all, seen := []KubeletStarts{}, []check.Evidence{}
		for _, node := range failingNodes(ctx, e) {
			selector := fields.Set{
				"involvedObject.kind": "Node", "involvedObject.name": node, "reason": "Starting", "source": "kubelet",
			}.AsSelector().String()
			list, err := e.Clients.CoreV1().Events(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{FieldSelector: selector, Limit: 500})
			if err != nil {
				return nil, seen, kube.NameDenied(err)
			}
			show := cmdline.Kubectl("get", "events", "-n", metav1.NamespaceDefault, "--field-selector", selector)
			seen = append(seen, check.Evidence{Source: show})
			all = append(all, startsIn(node, list.Items, time.Now()))
		}
		return all, seen, nil
	},
}

// startsIn counts the events of starts that are recent at the time. Each start is an event of its own.
func startsIn(node string, events []corev1.Event, at time.Time) KubeletStarts {
	s := KubeletStarts{Node: node}
	for _, event := range events {
		last := event.LastTimestamp.Time
		if last.IsZero() {
			last = event.EventTime.Time
		}
		if at.Sub(last) > StartsWithin {
			continue
		}
		s.Times++
		if last.After(s.Last) {
			s.Last = last.UTC()
		}
	}
	return s
}

// failingNodes returns the nodes on which attempts failed or could not be made, or whose own report could not be had.
func failingNodes(ctx context.Context, e *Env) (nodes []string) {
	add := func(node string) {
		if node != "" && !slices.Contains(nodes, node) && len(nodes) < maxStarts {
			nodes = append(nodes, node)
		}
	}
	logs, _ := LogAttempts.From(ctx, e) // without them, there is less to explain
	entries, _ := ExecAttempts.From(ctx, e)
	for _, t := range slices.Concat(logs, entries.Exec, entries.PortForward) {
		if len(t.Errors) > 0 || t.Retried > 0 {
			add(t.Node)
		}
	}
	reports, _ := AgentNodeReports.From(ctx, e)
	for _, r := range reports.Items {
		if r.Error != "" {
			add(r.Node)
		}
	}
	return nodes
}
