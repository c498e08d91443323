package facts

import (
	"context"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/podhealth"
)

// Deployed is Deployments of kube-system with their pods.
type Deployed struct {
	At          time.Time       `json:"at"` // when they were read
	Deployments []Deployment    `json:"deployments"`
	Pods        []podhealth.Pod `json:"pods"`
	// Events are the warnings about pods that are not Ready, as far as they may be read.
	Events podhealth.Events `json:"events,omitempty"`
}

// Deployment is one Deployment.
type Deployment struct {
	Name     string `json:"name"`
	Replicas int32  `json:"replicas"` // wanted
	// Failure is why its pods cannot be created; its Status is empty if there is no such condition.
	Failure podhealth.Condition `json:"failure,omitzero"`
}

// Of returns the pods of the Deployment that run or may still start.
func (d Deployed) Of(deployment string) []podhealth.Pod {
	return slices.DeleteFunc(slices.Clone(d.Pods), func(p podhealth.Pod) bool { return !p.Alive() || !ofDeployment(p.Owner, deployment) })
}

// Alive returns the pods that run or may still start.
func (d Deployed) Alive() []podhealth.Pod {
	return slices.DeleteFunc(slices.Clone(d.Pods), func(p podhealth.Pod) bool { return !p.Alive() })
}

// ofDeployment reports whether the owner of a pod is a ReplicaSet of the Deployment, by its name.
func ofDeployment(owner, deployment string) bool {
	rest, ok := strings.CutPrefix(owner, "replicaset/"+deployment+"-")
	return ok && !strings.Contains(rest, "-")
}

// deployed reads the Deployments of kube-system with these names, as far as they exist, and their pods.
func deployed(ctx context.Context, e *Env, names ...string) (Deployed, error) {
	d := Deployed{At: now(), Deployments: []Deployment{}, Pods: []podhealth.Pod{}}
	for _, name := range names {
		o, err := e.Clients.AppsV1().Deployments(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return d, err
		}
		d.Deployments = append(d.Deployments, deploymentOf(o))
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, o)
		}, metav1.FormatLabelSelector(o.Spec.Selector), func(object runtime.Object) {
			if p, ok := object.(*corev1.Pod); ok && ofDeployment(cluster.Owner(&p.ObjectMeta), name) {
				d.Pods = append(d.Pods, cluster.PodOf(p))
			}
		})
		if err != nil {
			return d, err
		}
	}
	if len(podhealth.NotReady(d.Pods)) > 0 {
		d.Events, _, _ = unreadyEvents(ctx, e, metav1.NamespaceSystem, d.Pods) // without them, the state of the containers tells
	}
	return d, nil
}

func deploymentOf(o *appsv1.Deployment) Deployment {
	return Deployment{Name: o.Name, Replicas: ptr.Deref(o.Spec.Replicas, 1), Failure: replicaFailure(o)}
}

// replicaFailure is the Deployment's condition that its pods cannot be created; the zero Condition if they can.
func replicaFailure(o *appsv1.Deployment) podhealth.Condition {
	for _, c := range o.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			return cluster.Condition(string(c.Type), string(c.Status), c.Reason, c.Message, c.LastTransitionTime)
		}
	}
	return podhealth.Condition{}
}

// now is the time of reading, as facts hold it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// unreadyEvents returns the warnings about up to podhealth.MaxEventPods of the pods that are not Ready.
func unreadyEvents(ctx context.Context, e *Env, namespace string, pods []podhealth.Pod) (podhealth.Events, []check.Evidence, error) {
	var refs []check.Ref
	for _, p := range podhealth.NotReady(pods) {
		if len(refs) < podhealth.MaxEventPods {
			refs = append(refs, check.Ref{Kind: "Pod", Namespace: namespace, Name: p.Name})
		}
	}
	return cluster.Events(ctx, e.Clients, refs)
}
