package facts

import (
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// WorkloadList holds the workloads that could create pods for the Service.
type WorkloadList struct {
	// Selected are the workloads whose pod template the Service selects.
	Selected []Workload `json:"selected"`
	// Near are the workloads, and pods without a workload, that the Service does not select but most likely means, best first.
	Near []endpoints.Candidate `json:"near"`
	// Named means that the user named the target: that it is scaled to 0 is then the answer, not something beside it.
	Named bool `json:"named,omitempty"`
}

// Workload is a Deployment, StatefulSet or DaemonSet.
type Workload struct {
	Ref      check.Ref `json:"ref"`
	Replicas int32     `json:"replicas"` // wanted
	Observed bool      `json:"observed"` // its controller has observed the current spec
	Paused   bool      `json:"paused,omitempty"`
	// NodeSelector are the labels of the nodes on which a DaemonSet wants pods; Affinity means that it has required node affinity too.
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	Affinity     bool              `json:"affinity,omitempty"`
	// Failure is why its controller cannot create pods; its Status is empty if there is no such condition.
	Failure podhealth.Condition `json:"failure,omitzero"`
}

// maxNear bounds the length of Near.
const maxNear = 5

// Workloads are the workloads of the namespace that the Service selects or may mean. They are read if it selects no pods,
// since that lists the namespace.
var Workloads = &Fact[WorkloadList]{
	Name:  "workloads",
	Needs: []check.Need{Service},
	Access: []rbacv1.PolicyRule{
		fact.Rule("apps", "deployments", "list"), fact.Rule("apps", "statefulsets", "list"), fact.Rule("apps", "daemonsets", "list"),
		fact.Rule("", "pods", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (WorkloadList, []check.Evidence, error) {
		s, err := Service.From(ctx, e)
		if err != nil {
			return WorkloadList{}, nil, err
		}
		g, err := fact.Cached(e.Shared, "workloads in "+s.Namespace, func() (*namespaceObjects, error) {
			return objectsIn(ctx, e, s.Namespace)
		})
		if err != nil {
			return WorkloadList{}, nil, err
		}
		near := endpoints.Nearest(s.Selector, s.Name, g.unselected(s.Selector))
		seen := []check.Evidence{{Source: cmdline.Kubectl(
			"get", "deployments,statefulsets,daemonsets,pods", "-n", s.Namespace, "--show-labels",
		)}}
		return WorkloadList{Selected: g.selected(s.Selector), Near: near[:min(len(near), maxNear)], Named: e.Named}, seen, nil
	},
}

// objectsIn reads the workloads and bare pods of the namespace.
func objectsIn(ctx context.Context, e *Env, namespace string) (*namespaceObjects, error) {
	var g namespaceObjects
	apps := e.Clients.AppsV1()
	lists := []func(context.Context, metav1.ListOptions) (runtime.Object, error){
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.Deployments(namespace).List(ctx, o)
		},
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.StatefulSets(namespace).List(ctx, o)
		},
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.DaemonSets(namespace).List(ctx, o)
		},
	}
	if !e.Shared.ListsOnce(namespace) {
		lists = append(lists, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.Metadata("v1", "pods").Namespace(namespace).List(ctx, o)
		})
	}
	for _, list := range lists {
		if err := cluster.Each(ctx, list, "", g.add); err != nil {
			return nil, err
		}
	}
	if !e.Shared.ListsOnce(namespace) {
		return &g, nil
	}
	pods, err := allPods(ctx, e, namespace)
	for i, p := range pods.items {
		if !pods.owned[i] {
			g.pods = append(g.pods, endpoints.Candidate{Ref: "pod/" + p.Name, Pods: 1, Labels: pods.labels[i]})
		}
	}
	return &g, err
}

// namespaceObjects holds the workloads and bare pods of a namespace. It is not changed once it was read.
type namespaceObjects struct {
	workloads []Workload
	labels    []map[string]string // of the workloads' pods
	pods      []endpoints.Candidate
}

func (g *namespaceObjects) add(object runtime.Object) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		observed := o.Status.ObservedGeneration >= o.Generation
		w := Workload{Ref: cluster.RefOf("deployment", o), Replicas: ptr.Deref(o.Spec.Replicas, 1), Observed: observed, Paused: o.Spec.Paused}
		for _, c := range o.Status.Conditions {
			if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
				w.Failure = cluster.Condition(string(c.Type), string(c.Status), c.Reason, c.Message, c.LastTransitionTime)
			}
		}
		g.workload(w, o.Spec.Template.Labels)
	case *appsv1.StatefulSet:
		observed := o.Status.ObservedGeneration >= o.Generation
		w := Workload{Ref: cluster.RefOf("statefulset", o), Replicas: ptr.Deref(o.Spec.Replicas, 1), Observed: observed}
		g.workload(w, o.Spec.Template.Labels)
	case *appsv1.DaemonSet:
		observed := o.Status.ObservedGeneration >= o.Generation
		pod := o.Spec.Template.Spec
		w := Workload{
			Ref: cluster.RefOf("daemonset", o), Replicas: o.Status.DesiredNumberScheduled, Observed: observed, NodeSelector: pod.NodeSelector,
			Affinity: pod.Affinity != nil && pod.Affinity.NodeAffinity != nil,
		}
		g.workload(w, o.Spec.Template.Labels)
	case *metav1.PartialObjectMetadata:
		if cluster.Owner(&o.ObjectMeta) == "" {
			g.pods = append(g.pods, endpoints.Candidate{Ref: "pod/" + o.Name, Pods: 1, Labels: o.Labels})
		}
	}
}

func (g *namespaceObjects) workload(w Workload, labels map[string]string) {
	g.workloads = append(g.workloads, w)
	g.labels = append(g.labels, labels)
}

func (g *namespaceObjects) selected(selector map[string]string) []Workload {
	list := []Workload{}
	for i, w := range g.workloads {
		if len(endpoints.Differences(selector, g.labels[i])) == 0 || w.Replicas == 0 && matchesIdentity(selector, g.labels[i]) {
			list = append(list, w)
		}
	}
	return list
}

// matchesIdentity reports whether the template matches the selector, apart from labels that each pod gets at its creation. The
// pods of a workload that is scaled to 0 would match.
func matchesIdentity(selector, template map[string]string) bool {
	of := endpoints.WithoutPodLabels(selector)
	return len(of) > 0 && len(endpoints.Differences(of, template)) == 0
}

func (g *namespaceObjects) unselected(selector map[string]string) []endpoints.Candidate {
	list := slices.Clone(g.pods)
	for i, w := range g.workloads {
		if len(endpoints.Differences(selector, g.labels[i])) > 0 {
			list = append(list, endpoints.Candidate{Ref: w.Ref.String(), Pods: int(w.Replicas), Labels: g.labels[i]})
		}
	}
	return list
}
