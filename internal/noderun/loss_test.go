package noderun

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestTerminationReason(t *testing.T) {
	limited := corev1.PodSpec{Containers: []corev1.Container{{
		Name: "node", Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}},
	}}}
	killed := []corev1.ContainerStatus{{
		Name: "node", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled"}},
	}}
	for _, c := range []struct {
		pod  corev1.Pod
		want string
	}{
		{corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}, ""},
		{
			corev1.Pod{Spec: limited, Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: killed}},
			"it was OOM-killed, as the command used more memory than the pod's limit of 1Gi",
		},
		{
			corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: killed}},
			"it was OOM-killed, as the node ran out of memory",
		},
		{
			corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "low on memory"}},
			"Evicted: low on memory",
		},
		{corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}, "it received nothing from this computer for its --idle-timeout"},
	} {
		if got := terminationReason(&c.pod); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
