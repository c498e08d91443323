package nodepod

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/jobpod"
)

// maxMessage is the maximum length of a container's termination message; the containers of a pod share 12 KiB
// (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure).
const maxMessage = 4096

// RunOnce runs the programs on the node, in a pod of their own, and returns their joined termination messages. Only the first program
// can enter the node. The messages are parts of one text: the first one shorter than maxMessage ends it, and later ones are not waited
// for. This does not need the tunnel, since the kubelet reports the messages over its own connection to the API server. The pod is
// removed before RunOnce returns.
func (m *Manager) RunOnce(ctx context.Context, node string, programs [][]string, o Options) (string, error) {
	o.IdleTimeout = o.MaxDuration // the pod has no idle guard
	d, err := m.prepare(ctx, node, programs, false, o)
	if err != nil {
		return "", err
	}
	pod, object, unclaim, err := m.launch(ctx, d, reported, true)
	if err != nil {
		return "", err
	}
	defer unclaim()
	m.remove(ctx, pod)
	text, _ := message(object)
	return text, nil
}

// reported is the Condition that the pod's termination messages are complete. The kubelet reports messages before the pod's phase.
func reported(p *corev1.Pod) (bool, error) {
	if err := jobpod.StartTrouble(p); err != nil {
		return false, err
	}
	_, complete := message(p)
	return complete || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed, nil
}

// message joins the termination messages in the order of the containers, up to the first that is missing or shorter than maxMessage.
// complete is false if one is missing.
func message(p *corev1.Pod) (text string, complete bool) {
	for _, c := range p.Spec.Containers {
		i := slices.IndexFunc(p.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return s.Name == c.Name })
		if i < 0 || p.Status.ContainerStatuses[i].State.Terminated == nil {
			return text, false
		}
		part := p.Status.ContainerStatuses[i].State.Terminated.Message
		text += part
		if len(part) < maxMessage {
			return text, true
		}
	}
	return text, true
}
