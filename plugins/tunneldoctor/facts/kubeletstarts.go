package facts

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
)

// KubeletStarts is how often a node's kubelet has started lately, by the events that it writes as it starts.
type KubeletStarts struct {
	Node  string    `json:"node"`
	Times int       `json:"times"`
	Last  time.Time `json:"last,omitzero"`
	At    time.Time `json:"at,omitzero"` // when they were counted, by the cluster's clocks
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
	Needs:    []check.Need{ClusterNodes, LogAttempts, ExecAttempts, AgentNodeReports},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceDefault: {fact.Rule("", "events", "list")}},
	Gather: func(ctx context.Context, e *Env) ([]KubeletStarts, []check.Evidence, error) {
		all, seen := []KubeletStarts{}, []check.Evidence{}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return nil, seen, err
		}
		for _, node := range failingNodes(ctx, e) {
			selector := fields.Set{
				"involvedObject.kind": "Node", "involvedObject.name": node, "reason": "Starting", "source": "kubelet",
			}.AsSelector().String()
			var starts []time.Time
			err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
				o.FieldSelector = selector
				return e.Clients.CoreV1().Events(metav1.NamespaceDefault).List(ctx, o)
			}, "", func(object runtime.Object) {
				if event, ok := object.(*corev1.Event); ok {
					starts = append(starts, cmp.Or(event.LastTimestamp.Time, event.EventTime.Time))
				}
			})
			if err != nil {
				return nil, seen, kube.NameDenied(err)
			}
			show := cmdline.Kubectl("get", "events", "-n", metav1.NamespaceDefault, "--field-selector", selector)
			seen = append(seen, check.Evidence{Source: show})
			all = append(all, startsIn(node, starts, nodes.At))
		}
		return all, seen, nil
	},
}

// startsIn counts the starts that are recent at the time; if that is zero, at the last start.
func startsIn(node string, starts []time.Time, at time.Time) KubeletStarts {
	s := KubeletStarts{Node: node}
	for _, start := range starts {
		if start.After(s.Last) {
			s.Last = start.UTC()
		}
	}
	s.At = cmp.Or(at, s.Last)
	if s.Last.After(s.At) { // nodes' clocks differ
		s.At = s.Last
	}
	for _, start := range starts {
		if s.At.Sub(start) <= StartsWithin {
			s.Times++
		}
	}
	return s
}

// failingNodes returns the nodes on which attempts failed or had to be repeated, or whose own report could not be had.
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
