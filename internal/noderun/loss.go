package noderun

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lossLimit is how long the API server may take to say what became of a pod, and the pod to be ended as a whole.
const lossLimit = 3 * time.Second

// podEnded says that the node pod ended while a command ran in it.
func podEnded(reason string) error {
	return errors.New("the node pod ended while the command ran: " + reason)
}

// loss returns why the session broke where its pod ended, or err.
func (s *Session) loss(err error) error {
	if !s.Pod.Until.IsZero() && time.Now().After(s.Pod.Until.Add(-lossLimit)) {
		return podEnded(fmt.Sprintf("it lived until %s, its --max-duration", s.Pod.Until.Format(time.TimeOnly)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), lossLimit)
	defer cancel()
	pod, getErr := s.Clients.CoreV1().Pods(s.Pod.Namespace).Get(ctx, s.Pod.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(getErr), getErr == nil && (pod.UID != s.Pod.UID || pod.DeletionTimestamp != nil):
		return podEnded("it was deleted")
	case getErr != nil:
		return err
	}
	if reason := ended(pod); reason != "" {
		return podEnded(reason)
	}
	return err
}

// ended says why the pod ended, or nothing.
func ended(pod *corev1.Pod) string {
	for _, c := range pod.Status.ContainerStatuses {
		if t := c.State.Terminated; t != nil && t.Reason == "OOMKilled" {
			for _, spec := range pod.Spec.Containers {
				if limit := spec.Resources.Limits.Memory(); spec.Name == c.Name && !limit.IsZero() {
					return fmt.Sprintf("what ran in it took more memory than its limit of %s", limit)
				}
			}
			return "the node ran out of memory"
		}
	}
	if pod.Status.Phase == corev1.PodSucceeded {
		return "it heard nothing from here for its --idle-timeout"
	}
	if pod.Status.Phase == corev1.PodFailed && pod.Status.Reason != "" { // such as Evicted
		return fmt.Sprintf("%s: %s", pod.Status.Reason, pod.Status.Message)
	}
	return ""
}
