package jobpod

import (
	"context"
	"regexp"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Admit asks the API server, by a dry run, whether it would admit the Job's pod to the namespace. Nothing is created. known is false, and
// err nil, for a user with permission to create Jobs but not pods; if the pod is denied then, the Job's events tell.
func (m *Maker) Admit(ctx context.Context, j *batchv1.Job, namespace string) (known bool, err error) {
	pod := &corev1.Pod{ObjectMeta: *j.Spec.Template.ObjectMeta.DeepCopy(), Spec: *j.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.Name = namespace, j.Name
	_, err = m.Clients.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil && notAllowedToCreatePods.MatchString(err.Error()) {
		return false, nil
	}
	return true, err
}

var notAllowedToCreatePods = regexp.MustCompile(`User ".*" cannot create resource "pods"`)
