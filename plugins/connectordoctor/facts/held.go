package facts

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/cluster"
)

// Held is why pods of a workload keep an earlier template.
type Held string

// The reasons.
const (
	NotHeld     Held = ""          // all have the present template, or are about to get it
	Paused      Held = "paused"    // the Deployment is
	Partitioned Held = "partition" // the StatefulSet has a partition: pods with lower numbers keep it
	OnDelete    Held = "on-delete" // the update strategy is OnDelete: only a new pod gets the present template
	Waiting     Held = "waiting"   // the StatefulSet waits for a pod of the earlier template that is not Ready
)

// held returns it for a Deployment.
func held(o *appsv1.Deployment) Held {
	if o.Spec.Paused && o.Status.UpdatedReplicas < o.Status.Replicas {
		return Paused
	}
	return NotHeld
}

// heldSet returns it for a StatefulSet (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies).
func heldSet(o *appsv1.StatefulSet) Held {
	strategy := o.Spec.UpdateStrategy
	switch {
	case o.Status.CurrentRevision == o.Status.UpdateRevision || o.Status.UpdatedReplicas >= o.Status.Replicas:
	case strategy.Type == appsv1.OnDeleteStatefulSetStrategyType:
		return OnDelete
	case strategy.RollingUpdate != nil && ptr.Deref(strategy.RollingUpdate.Partition, 0) > 0:
		return Partitioned
	case o.Spec.PodManagementPolicy != appsv1.ParallelPodManagement && o.Status.UpdatedReplicas == 0 &&
		o.Status.ReadyReplicas < o.Status.Replicas && o.Status.ObservedGeneration == o.Generation:
		return Waiting // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
	}
	return NotHeld
}

// heldDaemons returns it for a DaemonSet (https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/).
func heldDaemons(o *appsv1.DaemonSet) Held {
	s := o.Status
	if o.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType && s.UpdatedNumberScheduled < s.CurrentNumberScheduled {
		return OnDelete
	}
	return NotHeld
}

// waits reports whether a StatefulSet that is Waiting has a pod that is not Ready and not being deleted: while a rollout goes on, there is
// none of the earlier template. Where the pods cannot be read, it is false.
func waits(ctx context.Context, e *Env, c Consumer) bool {
	found := false
	err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.CoreV1().Pods(c.Ref.Namespace).List(ctx, o)
	}, c.selector, func(object runtime.Object) {
		if p, ok := object.(*corev1.Pod); ok && cluster.Owner(&p.ObjectMeta) == c.Ref.String() {
			pod := cluster.PodOf(p)
			found = found || pod.Alive() && !pod.Deleting && !pod.Ready()
		}
	})
	return err == nil && found
}
