package facts

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
)

// PodList is the pods that the Service selects, in the order of their names.
type PodList struct {
	At    time.Time `json:"at"` // when they were listed
	Items []Pod     `json:"items"`
}

// Pod is one pod.
type Pod struct {
	Name        string      `json:"name"`
	IP          string      `json:"ip,omitempty"`
	IPs         []string    `json:"ips,omitempty"` // all of them, IP among them
	Node        string      `json:"node,omitempty"`
	HostNetwork bool        `json:"hostNetwork,omitempty"`
	Phase       string      `json:"phase"`
	Reason      string      `json:"reason,omitempty"`  // of the whole pod, such as Evicted
	Message     string      `json:"message,omitempty"` //
	Created     time.Time   `json:"created"`
	Deleting    bool        `json:"deleting,omitempty"`
	Conditions  []Condition `json:"conditions,omitempty"`
	Gates       []string    `json:"gates,omitempty"` // the condition types of its readiness gates
	Containers  []Container `json:"containers"`      // init containers first
}

// Condition is a condition of an object's status.
type Condition struct {
	Type    string    `json:"type"`
	Status  string    `json:"status"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// Condition returns the pod's condition of that type; its Status is empty where the pod has none.
func (p Pod) Condition(kind string) Condition {
	i := slices.IndexFunc(p.Conditions, func(c Condition) bool { return c.Type == kind })
	if i < 0 {
		return Condition{Type: kind}
	}
	return p.Conditions[i]
}

// Ready says whether the pod is Ready.
func (p Pod) Ready() bool {
	return p.Condition(string(corev1.PodReady)).Status == string(corev1.ConditionTrue)
}

// Alive says whether the pod runs or is still to run: it did not end and is not being deleted.
func (p Pod) Alive() bool {
	return !p.Deleting && p.Phase != string(corev1.PodSucceeded) && p.Phase != string(corev1.PodFailed)
}

// Serving says whether a Service leads to the pod.
func (p Pod) Serving(s ServiceInfo) bool {
	return p.Alive() && p.IP != "" && (p.Ready() || s.PublishNotReady)
}

// Alive returns the pods that are.
func (l PodList) Alive() []Pod {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p Pod) bool { return !p.Alive() })
}

// Serving returns the pods to which the Service leads.
func (l PodList) Serving(s ServiceInfo) []Pod {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p Pod) bool { return !p.Serving(s) })
}

// Ports returns the ports that the containers declare.
func (p Pod) Ports() []endpoints.ContainerPort {
	var ports []endpoints.ContainerPort
	for _, c := range p.Containers {
		if !c.Init || c.Sidecar {
			ports = append(ports, c.Ports...)
		}
	}
	return ports
}

// Pods are the pods of the Service's selector. Without selector there are none.
var Pods = &Fact[PodList]{
	Name:   "pods",
	Needs:  []check.Need{Service},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) (PodList, []check.Evidence, error) {
		s, err := Service.From(ctx, e)
		if err != nil || len(s.Selector) == 0 {
			return PodList{}, nil, err
		}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "pods", "-n", s.Namespace, "-l", s.PodSelector(), "-o", "wide"}}}
		if !e.Shared.ListsOnce(s.Namespace) {
			list, err := listPods(ctx, e, s)
			return list, seen, err
		}
		all, err := fact.Cached(e.Shared, "pods in "+s.Namespace, func() (labelledPods, error) { return podsIn(ctx, e, s.Namespace, "") })
		return all.selected(s), seen, err
	},
}

// listPods lists the Service's pods as they are now.
func listPods(ctx context.Context, e *Env, s ServiceInfo) (PodList, error) {
	all, err := podsIn(ctx, e, s.Namespace, s.PodSelector())
	for i := range all.items {
		all.items[i].speak(s)
	}
	return PodList{At: all.at, Items: all.items}, err
}

// speak makes the pod's address that of the Service's family.
func (p *Pod) speak(s ServiceInfo) {
	for _, text := range p.IPs {
		if ip, err := netip.ParseAddr(text); err == nil && s.IPv6 && ip.Is6() {
			p.IP = text
			return
		}
	}
}

// labelledPods are pods with their labels, which no bundle holds.
type labelledPods struct {
	at     time.Time
	items  []Pod
	labels []map[string]string
}

func podsIn(ctx context.Context, e *Env, namespace, selector string) (labelledPods, error) {
	all := labelledPods{at: time.Now().UTC().Truncate(time.Second), items: []Pod{}}
	err := each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.CoreV1().Pods(namespace).List(ctx, o)
	}, selector, func(object runtime.Object) {
		if p, ok := object.(*corev1.Pod); ok {
			all.items = append(all.items, podOf(p))
			all.labels = append(all.labels, p.Labels)
		}
	})
	return all, err
}

func (l labelledPods) selected(s ServiceInfo) PodList {
	list := PodList{At: l.at, Items: []Pod{}}
	selector := labels.SelectorFromSet(s.Selector)
	for i, p := range l.items {
		if selector.Matches(labels.Set(l.labels[i])) {
			p.speak(s)
			list.Items = append(list.Items, p)
		}
	}
	return list
}

// each calls f for each object of a list that is read in pages.
func each(ctx context.Context, list pager.ListPageFunc, selector string, f func(runtime.Object)) error {
	return pager.New(list).EachListItem(ctx, metav1.ListOptions{LabelSelector: selector}, func(object runtime.Object) error {
		f(object)
		return nil
	})
}

func podOf(p *corev1.Pod) Pod {
	pod := Pod{
		Name: p.Name, IP: p.Status.PodIP, Node: p.Spec.NodeName, HostNetwork: p.Spec.HostNetwork,
		Phase: string(p.Status.Phase), Reason: p.Status.Reason, Message: clean(p.Status.Message),
		Created: p.CreationTimestamp.UTC(), Deleting: p.DeletionTimestamp != nil,
	}
	for _, ip := range p.Status.PodIPs {
		pod.IPs = append(pod.IPs, ip.IP)
	}
	for _, c := range p.Status.Conditions {
		pod.Conditions = append(pod.Conditions, Condition{
			Type: string(c.Type), Status: string(c.Status), Reason: c.Reason, Message: clean(c.Message), Since: c.LastTransitionTime.UTC(),
		})
	}
	for _, g := range p.Spec.ReadinessGates {
		pod.Gates = append(pod.Gates, string(g.ConditionType))
	}
	for i := range p.Spec.InitContainers {
		pod.Containers = append(pod.Containers, containerOf(&p.Spec.InitContainers[i], true, p.Status.InitContainerStatuses))
	}
	for i := range p.Spec.Containers {
		pod.Containers = append(pod.Containers, containerOf(&p.Spec.Containers[i], false, p.Status.ContainerStatuses))
	}
	return pod
}

// owner returns who made the pod, such as "replicaset/web-5d4".
func owner(p *metav1.ObjectMeta) string {
	if o := metav1.GetControllerOfNoCopy(p); o != nil {
		return strings.ToLower(o.Kind) + "/" + o.Name
	}
	return ""
}
