package faults

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
)

// objects are the objects that a case applies.
type objects = runtime.Object

// State is the state of a case's namespace.
type State struct {
	ClusterIP   string
	Balancer    string // the load balancer's address
	NodePort    int32
	Entrance    string       // the Ingress's address, or the Gateway's
	Judged      bool         // the HTTPRoute's status has been written
	Pods        []corev1.Pod // all in the namespace, except ours
	Deployments []appsv1.Deployment
	Events      []corev1.Event
}

func notMade(s State) bool {
	return len(s.Pods) == 0 && slices.ContainsFunc(s.Deployments, func(d appsv1.Deployment) bool {
		return slices.ContainsFunc(d.Status.Conditions, func(c appsv1.DeploymentCondition) bool {
			return c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue
		})
	})
}

func every(s State, ok func(corev1.Pod) bool) bool {
	return len(s.Pods) > 0 && !slices.ContainsFunc(s.Pods, func(p corev1.Pod) bool { return !ok(p) })
}

func ready(p corev1.Pod) bool {
	return slices.ContainsFunc(
		p.Status.Conditions,
		func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue },
	)
}

func containersReady(s State) bool {
	return every(s, func(p corev1.Pod) bool {
		return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.ContainersReady && c.Status == corev1.ConditionTrue
		})
	})
}

// allReady reports whether the rollout is complete and every pod is Ready.
func allReady(s State) bool {
	over := !slices.ContainsFunc(s.Deployments, func(d appsv1.Deployment) bool {
		return d.Status.ObservedGeneration < d.Generation || d.Status.UpdatedReplicas < ptr.Deref(d.Spec.Replicas, 1)
	})
	return over && every(s, func(p corev1.Pod) bool { return ready(p) && p.DeletionTimestamp == nil })
}

func unscheduled(s State) bool {
	return every(s, func(p corev1.Pod) bool {
		return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse
		})
	})
}

func statuses(p corev1.Pod) []corev1.ContainerStatus {
	return append(slices.Clone(p.Status.InitContainerStatuses), p.Status.ContainerStatuses...)
}

func waits(reasons ...string) func(State) bool {
	return func(s State) bool {
		return every(s, func(p corev1.Pod) bool {
			return slices.ContainsFunc(statuses(p), func(c corev1.ContainerStatus) bool {
				return c.State.Waiting != nil && slices.Contains(reasons, c.State.Waiting.Reason)
			})
		})
	}
}

func ended(reason string) func(State) bool {
	return func(s State) bool {
		return every(s, func(p corev1.Pod) bool {
			return slices.ContainsFunc(statuses(p), func(c corev1.ContainerStatus) bool {
				return c.State.Terminated != nil && c.State.Terminated.Reason == reason ||
					c.LastTerminationState.Terminated != nil && c.LastTerminationState.Terminated.Reason == reason
			})
		})
	}
}

// down reports whether each pod has a container that exited and waits for its restart.
func down(s State) bool {
	return every(s, func(p corev1.Pod) bool {
		return slices.ContainsFunc(statuses(p), func(c corev1.ContainerStatus) bool {
			return c.State.Terminated != nil || c.State.Waiting != nil && c.State.Waiting.Reason == "CrashLoopBackOff"
		})
	})
}

func restarted(times int32) func(State) bool {
	return func(s State) bool {
		return every(s, func(p corev1.Pod) bool {
			return slices.ContainsFunc(statuses(p), func(c corev1.ContainerStatus) bool { return c.RestartCount >= times })
		})
	}
}

func runs(seconds int) func(corev1.Pod) bool {
	return func(p corev1.Pod) bool {
		return slices.ContainsFunc(p.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool {
			return c.State.Running != nil && time.Since(c.State.Running.StartedAt.Time) > time.Duration(seconds)*time.Second
		})
	}
}

func running(seconds int) func(State) bool {
	return func(s State) bool { return every(s, runs(seconds)) }
}

// someRunning reports whether the pods that are not ready have been running for the duration, and others are ready.
func someRunning(seconds int) func(State) bool {
	return func(s State) bool {
		return slices.ContainsFunc(s.Pods, ready) && every(s, func(p corev1.Pod) bool { return ready(p) || runs(seconds)(p) }) && !allReady(s)
	}
}

func event(reason string) func(State) bool {
	return func(s State) bool {
		return slices.ContainsFunc(s.Events, func(e corev1.Event) bool { return e.Reason == reason })
	}
}

// balanced reports whether the load balancer has its address.
func balanced(s State) bool { return s.Balancer != "" }

func both(a, b func(State) bool) func(State) bool { return func(s State) bool { return a(s) && b(s) } }

func anyOf(a, b func(State) bool) func(State) bool { return func(s State) bool { return a(s) || b(s) } }
