package noderun

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestEnded(t *testing.T) {
	limited := corev1.PodSpec{Containers: []corev1.Container{{
		Name: "node", Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}},
	}}}
	killed := []corev1.ContainerStatus{{Name: "node", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled"}}}}
	for want, pod := range map[string]corev1.Pod{
		"": {Status: corev1.PodStatus{Phase: corev1.PodRunning}},
		"what ran in it took more memory than its limit of 1Gi": {Spec: limited, Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: killed}},
		"the node ran out of memory":                            {Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: killed}},
		"Evicted: low on memory":                                {Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "low on memory"}},
		"it heard nothing from here for its --idle-timeout":     {Status: corev1.PodStatus{Phase: corev1.PodSucceeded}},
	} {
		if got := ended(&pod); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
