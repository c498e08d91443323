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

// lossLimit is how long the API server may take to return the pod of a session that broke, and how much earlier than its deadline a pod
// may have been terminated.
const lossLimit = 3 * time.Second

// podTerminated returns the error of a command whose node pod was terminated.
func podTerminated(reason string) error {
	return errors.New("the node pod was terminated while the command was running: " + reason)
}

// explainLoss replaces err, by which the session broke, with a better error if the session's pod has been terminated.
func (s *Session) explainLoss(err error) error {
	if !s.Pod.Until.IsZero() && time.Now().After(s.Pod.Until.Add(-lossLimit)) {
		return podTerminated(fmt.Sprintf("it reached its --max-duration at %s", s.Pod.Until.Format(time.TimeOnly)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), lossLimit)
	defer cancel()
	pod, getErr := s.Clients.CoreV1().Pods(s.Pod.Namespace).Get(ctx, s.Pod.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(getErr), getErr == nil && (pod.UID != s.Pod.UID || pod.DeletionTimestamp != nil):
		return podTerminated("it was deleted")
	case getErr != nil:
		return err
	}
	if reason := terminationReason(pod); reason != "" {
		return podTerminated(reason)
	}
	return err
}

// terminationReason returns why the pod was terminated, or "" if it was not or the reason is unknown.
func terminationReason(pod *corev1.Pod) string {
	for _, c := range pod.Status.ContainerStatuses {
		if t := c.State.Terminated; t != nil && t.Reason == "OOMKilled" {
			for _, spec := range pod.Spec.Containers {
				if limit := spec.Resources.Limits.Memory(); spec.Name == c.Name && !limit.IsZero() {
					return fmt.Sprintf("it was OOM-killed, as the command used more memory than the pod's limit of %s", limit)
				}
			}
			return "it was OOM-killed, as the node ran out of memory"
		}
	}
	if pod.Status.Phase == corev1.PodSucceeded {
		return "it received nothing from this computer for its --idle-timeout"
	}
	if pod.Status.Phase == corev1.PodFailed && pod.Status.Reason != "" { // such as Evicted
		return fmt.Sprintf("%s: %s", pod.Status.Reason, pod.Status.Message)
	}
	return ""
}
