package noderun

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/redact"
)

// lossLimit is how long the API server may take to tell what became of the pod of a session that broke, and how much earlier than its
// deadline a pod may have been terminated.
const lossLimit = 3 * time.Second

// LostError reports that the connection to a node broke while a command ran there, and that its pod still exists.
type LostError struct{ Err error }

func (e *LostError) Error() string { return e.Err.Error() }
func (e *LostError) Unwrap() error { return e.Err }

// podTerminated returns the error of a command whose node pod was terminated.
func podTerminated(reason string) error {
	return errors.New("the node pod was terminated while the command was running: " + reason)
}

// explainLoss replaces err, by which the session broke, with a better error: a *LostError if the session's pod still runs, else why that
// was terminated. slept is the last sleep of this computer.
func (s *Session) explainLoss(err error, slept sleep) error {
	ctx, cancel := context.WithTimeout(context.Background(), lossLimit)
	defer cancel()
	s.Clients.Reconnect() // what cut the session may have cut this too
	reason, running := s.fate(ctx, slept)
	switch {
	case reason != "":
		err = podTerminated(reason)
	case running:
		err = &LostError{err}
	}
	if slept.length > 0 && time.Since(slept.until) < time.Minute {
		return fmt.Errorf("%w (this computer slept, or this program was stopped, for %s until %s)",
			err, slept.length, slept.until.Local().Format(time.TimeOnly))
	}
	return err
}

// unlessUnreachable returns err, which blames the tunnel, unless this computer does not reach the API server any more: then it returns the
// error of a request that needs no tunnel.
func (s *Session) unlessUnreachable(err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), lossLimit)
	defer cancel()
	s.Clients.Reconnect()
	_, getErr := s.Clients.CoreV1().Pods(s.Pod.Namespace).Get(ctx, s.Pod.Name, metav1.GetOptions{})
	var request *url.Error
	if errors.As(getErr, &request) {
		return fmt.Errorf("the API server can no longer be reached: %w", getErr)
	}
	return err
}

// fate returns why the session's pod was terminated, or whether it is running. If neither is known, it returns zero values.
func (s *Session) fate(ctx context.Context, slept sleep) (terminated string, running bool) {
	if !s.Pod.Until.IsZero() && time.Now().After(s.Pod.Until.Add(-lossLimit)) {
		return fmt.Sprintf("it reached its --max-duration at %s", s.Pod.Until.Format(time.TimeOnly)), false
	}
	pod, err := s.Clients.CoreV1().Pods(s.Pod.Namespace).Get(ctx, s.Pod.Name, metav1.GetOptions{})
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return "", false
	case err == nil && pod.UID == s.Pod.UID:
		if reason := terminationReason(pod); reason != "" {
			return s.withTaints(ctx, pod, reason), false
		}
		if pod.DeletionTimestamp == nil {
			return "", pod.Status.Phase == corev1.PodRunning
		}
	case s.Pod.IdleTimeout > 0 && slept.length > s.Pod.IdleTimeout:
		return idleReason, false
	}
	return s.deleted(ctx), false
}

// deleted returns why the pod was deleted, as far as the node and the pod's events tell.
func (s *Session) deleted(ctx context.Context) string {
	node, err := s.Clients.CoreV1().Nodes().Get(ctx, s.Pod.Node, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return fmt.Sprintf("node %s has left the cluster", s.Pod.Node)
	}
	events, listErr := s.Clients.CoreV1().Events(s.Pod.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("involvedObject.name", s.Pod.Name).String(), Limit: 100,
	})
	if listErr == nil {
		for _, e := range events.Items {
			if e.Reason == "TaintManagerEviction" { // of the taint-eviction-controller, which does not give the pod's UID
				return evictedBy(taintReason, node, err)
			}
		}
	}
	return "it was deleted"
}

// withTaints adds the taints of the pod's node if they are the reason.
func (s *Session) withTaints(ctx context.Context, pod *corev1.Pod, reason string) string {
	if reason != taintReason {
		return reason
	}
	node, err := s.Clients.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	return evictedBy(reason, node, err)
}

// evictedBy adds the NoExecute taints of the node to the reason, unless reading the node failed with err.
func evictedBy(reason string, node *corev1.Node, err error) string {
	var taints []string
	if err == nil {
		for _, t := range node.Spec.Taints {
			if t.Effect == corev1.TaintEffectNoExecute {
				taints = append(taints, redact.Line(t.ToString()))
			}
		}
	}
	if len(taints) == 0 {
		return reason
	}
	return reason + ": " + strings.Join(taints, ", ")
}

const (
	idleReason  = "it received nothing from this computer for its --idle-timeout"
	taintReason = "it was evicted because of a taint of the node"
)

// disruptions tells, by the reason of a pod's condition DisruptionTarget, why the pod is terminated
// (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions).
var disruptions = map[string]string{
	"DeletionByTaintManager": taintReason,
	"EvictionByEvictionAPI":  "it was evicted through the API, as kubectl drain does",
	"PreemptionByScheduler":  "it was preempted by a pod of a higher priority",
	"DeletionByPodGC":        "its node has left the cluster",
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
		return idleReason
	}
	for _, c := range pod.Status.Conditions {
		if reason := disruptions[c.Reason]; c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue && reason != "" {
			return reason
		}
	}
	if pod.Status.Phase == corev1.PodFailed && pod.Status.Reason != "" { // such as Evicted
		return fmt.Sprintf("%s: %s", pod.Status.Reason, pod.Status.Message)
	}
	return ""
}
