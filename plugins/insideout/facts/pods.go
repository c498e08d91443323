package facts

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// PodList holds the pods that the Service selects, ordered by name.
type PodList struct {
	At    time.Time       `json:"at"` // when they were listed
	Items []podhealth.Pod `json:"items"`
}

// Alive returns the pods that have not terminated and are not being deleted.
func (l PodList) Alive() []podhealth.Pod {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p podhealth.Pod) bool { return !p.Alive() })
}

// Serving returns the pods to which the Service sends connections.
func (l PodList) Serving(s ServiceInfo) []podhealth.Pod {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p podhealth.Pod) bool { return !s.SendsTo(p) })
}

// Pods are the pods that the Service selects. A Service without selector has none.
var Pods = &Fact[PodList]{
	Name:   "pods",
	Needs:  []check.Need{Service},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) (PodList, []check.Evidence, error) {
		s, err := Service.From(ctx, e)
		if err != nil || len(s.Selector) == 0 {
			return PodList{}, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", s.Namespace, "-l", s.PodSelector(), "-o", "wide")}}
		if !e.Shared.ListsOnce(s.Namespace) {
			list, err := listPods(ctx, e, s)
			return list, seen, err
		}
		all, err := allPods(ctx, e, s.Namespace)
		return all.selected(s), seen, err
	},
}

// allPods returns the pods of the namespace, which are read once for all targets.
func allPods(ctx context.Context, e *Env, namespace string) (labelledPods, error) {
	return fact.Cached(e.Shared, "pods in "+namespace, func() (labelledPods, error) {
		all := newLabelledPods()
		err := cluster.EachLarge(ctx, e.Clients.CoreV1().RESTClient(), "pods", namespace, all.add)
		return all, err
	})
}

// listPods lists the Service's pods anew.
func listPods(ctx context.Context, e *Env, s ServiceInfo) (PodList, error) {
	all, err := podsIn(ctx, e, s.Namespace, s.PodSelector())
	for i := range all.items {
		all.items[i].Prefer(s.IPv6)
	}
	return PodList{At: all.at, Items: all.items}, err
}

// labelledPods are pods with their labels, which no bundle holds.
type labelledPods struct {
	at     time.Time
	items  []podhealth.Pod
	labels []map[string]string
	owned  []bool // they belong to a workload
}

func newLabelledPods() labelledPods {
	return labelledPods{at: time.Now().UTC().Truncate(time.Second), items: []podhealth.Pod{}}
}

func (l *labelledPods) add(p *corev1.Pod) {
	l.items = append(l.items, cluster.PodOf(p))
	l.labels = append(l.labels, p.Labels)
	l.owned = append(l.owned, cluster.Owner(&p.ObjectMeta) != "")
}

func podsIn(ctx context.Context, e *Env, namespace, selector string) (labelledPods, error) {
	all := newLabelledPods()
	err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.CoreV1().Pods(namespace).List(ctx, o)
	}, selector, func(object runtime.Object) {
		if p, ok := object.(*corev1.Pod); ok {
			all.add(p)
		}
	})
	return all, err
}

func (l labelledPods) selected(s ServiceInfo) PodList {
	list := PodList{At: l.at, Items: []podhealth.Pod{}}
	selector := labels.SelectorFromSet(s.Selector)
	for i, p := range l.items {
		if selector.Matches(labels.Set(l.labels[i])) {
			p.Prefer(s.IPv6)
			list.Items = append(list.Items, p)
		}
	}
	return list
}
