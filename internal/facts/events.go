package facts

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// Event is a warning about an object.
type Event struct {
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Last    time.Time `json:"last"`
}

// EventMap holds the warnings of objects by "kind/name", the newest last.
type EventMap map[string][]Event

// Last returns the newest warning about the object that has one of the reasons.
func (m EventMap) Last(object string, reasons ...string) (Event, bool) {
	events := m[object]
	for i := len(events) - 1; i >= 0; i-- {
		if slices.Contains(reasons, events[i].Reason) {
			return events[i], true
		}
	}
	return Event{}, false
}

const (
	maxEventPods = 5  // of so many pods the events are read: the pods of a Service tend to have the same trouble
	maxEvents    = 20 // are kept of one object
)

// restarted says whether a container of the pod ended and was started again lately.
func (p Pod) restarted(at time.Time) bool {
	return slices.ContainsFunc(p.Containers, func(c Container) bool { return c.Last.Phase == Terminated && at.Sub(c.Last.Since) < 10*time.Minute })
}

// PodEvents are the warnings about pods that are not ready, or were restarted lately.
var PodEvents = &Fact[EventMap]{
	Name:   "pod-events",
	Needs:  []check.Need{Pods},
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (EventMap, []check.Evidence, error) {
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		var refs []check.Ref
		for _, p := range pods.Alive() {
			if (!p.Ready() || p.restarted(pods.At)) && len(refs) < maxEventPods {
				refs = append(refs, check.Ref{Kind: "Pod", Namespace: e.Target.Namespace, Name: p.Name})
			}
		}
		return events(ctx, e, refs)
	},
}

// WorkloadEvents are the warnings about the workloads that the Service selects; for when there are no pods.
var WorkloadEvents = &Fact[EventMap]{
	Name:   "workload-events",
	Needs:  []check.Need{Workloads},
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (EventMap, []check.Evidence, error) {
		workloads, err := Workloads.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		kinds := map[string]string{"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
		var refs []check.Ref
		for _, w := range workloads.Selected[:min(len(workloads.Selected), maxEventPods)] {
			refs = append(refs, check.Ref{Kind: kinds[w.Ref.Kind], Namespace: w.Ref.Namespace, Name: w.Ref.Name})
		}
		return events(ctx, e, refs)
	},
}

// ServiceEvents are the warnings about the Service itself, such as of what makes its load balancer.
var ServiceEvents = &Fact[EventMap]{
	Name:   "service-events",
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (EventMap, []check.Evidence, error) {
		return events(ctx, e, []check.Ref{{Kind: "Service", Namespace: e.Target.Namespace, Name: e.Target.Name}})
	},
}

func events(ctx context.Context, e *Env, refs []check.Ref) (EventMap, []check.Evidence, error) {
	all := EventMap{}
	var seen []check.Evidence
	for _, r := range refs {
		selector := fields.Set{"involvedObject.kind": r.Kind, "involvedObject.name": r.Name, "type": corev1.EventTypeWarning}.AsSelector().String()
		list, err := e.Clients.CoreV1().Events(r.Namespace).List(ctx, metav1.ListOptions{FieldSelector: selector, Limit: 500})
		if err != nil {
			return nil, seen, err
		}
		seen = append(seen, check.Evidence{Source: []string{"kubectl", "get", "events", "-n", r.Namespace, "--field-selector", selector}})
		key := strings.ToLower(r.Kind) + "/" + r.Name
		for _, event := range list.Items {
			last := cmp.Or(event.LastTimestamp.Time, event.EventTime.Time, event.FirstTimestamp.Time)
			if event.Series != nil {
				last = event.Series.LastObservedTime.Time
			}
			all[key] = append(all[key], Event{Reason: event.Reason, Message: clean(event.Message), Last: last.UTC()})
		}
		slices.SortStableFunc(all[key], func(a, b Event) int { return a.Last.Compare(b.Last) })
		all[key] = all[key][max(0, len(all[key])-maxEvents):]
	}
	return all, seen, nil
}
