package facts

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/utils/ptr"
)

// held returns why pods of the Deployment keep an earlier template; empty if all have the present one, or are about to get it.
func held(o *appsv1.Deployment) string {
	if o.Spec.Paused && o.Status.UpdatedReplicas < o.Status.Replicas {
		return "it is paused"
	}
	return ""
}

// heldSet is held for a StatefulSet (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies).
func heldSet(o *appsv1.StatefulSet) string {
	strategy := o.Spec.UpdateStrategy
	switch {
	case o.Status.CurrentRevision == o.Status.UpdateRevision || o.Status.UpdatedReplicas >= o.Status.Replicas:
	case strategy.Type == appsv1.OnDeleteStatefulSetStrategyType:
		return "its update strategy is OnDelete: a pod gets the present template when it is deleted"
	case strategy.RollingUpdate != nil && ptr.Deref(strategy.RollingUpdate.Partition, 0) > 0:
		return fmt.Sprintf("its partition is %d: pods with a lower number keep the earlier template", *strategy.RollingUpdate.Partition)
	}
	return ""
}
