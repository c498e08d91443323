package jobpod

import (
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/podhealth"
)

// StartError reports that the pod of a Job does not start. Errors of requests to the API server are none.
type StartError struct {
	// Reason is that of the pod's status, of its container's state or of the event that tells why, such as Evicted, ErrImagePull or
	// FailedMount. It is empty if the pod did not start within the limit and nothing tells why, and if it was deleted.
	Reason string
	// Rejected means that the kubelet refused the pod: it was never to run
	// (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase).
	Rejected bool
	// Started means that the pod was running when the limit was reached, Unreported that the kubelet had not reported on it.
	Started, Unreported bool

	text string
}

func (e *StartError) Error() string { return e.text }

// rejection returns why the kubelet refused to run the pod, or nil. Such a pod has failed without a container.
func rejection(p *corev1.Pod) error {
	if p.Status.Phase != corev1.PodFailed || p.Status.Reason == "" || len(p.Status.ContainerStatuses) > 0 {
		return nil
	}
	return rejected(p.Name, p.Status.Reason, p.Status.Message)
}

// rejected returns the StartError of a pod that the kubelet refused to run.
func rejected(pod, reason, message string) error {
	message = strings.TrimSpace(strings.TrimPrefix(message, "Pod was rejected: "))
	return &StartError{
		Reason: reason, Rejected: true,
		text: strings.TrimSuffix(fmt.Sprintf("the kubelet rejected pod %s: %s: %s", pod, reason, message), ": "),
	}
}

// late returns the error of a pod that did not start or finish within the limit: err ended the wait. It is a StartError only if there was a
// pod: that there is none is not the node's fault.
func late(job, node string, limit time.Duration, err error) error {
	state, what := err.Error(), "start"
	e, seen := &StartError{}, false
	if wait := (*waitError)(nil); errors.As(err, &wait) {
		state, seen, e.Started, e.Unreported = wait.state, wait.seen, wait.started, wait.waiting
	}
	if e.Started {
		what = "finish"
	}
	e.text = fmt.Sprintf("the pod of job %s did not %s on node %s within %s: %s", job, what, node, limit, state)
	if !seen {
		return errors.New(e.text)
	}
	return e
}

// StartTrouble returns a *StartError if the kubelet rejected the pod, or if a container cannot start and waiting will not help.
func StartTrouble(p *corev1.Pod) error {
	if err := rejection(p); err != nil {
		return err
	}
	for _, s := range p.Status.ContainerStatuses {
		if w := s.State.Waiting; w != nil && podhealth.CannotStart(w.Reason) {
			return &StartError{Reason: w.Reason, text: fmt.Sprintf("pod %s cannot start: %s: %s", p.Name, w.Reason, w.Message)}
		}
	}
	return nil
}
