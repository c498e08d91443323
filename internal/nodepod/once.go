package nodepod

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/jobpod"
)

// maxMessage is how long one container's termination message may be; three of a pod share 12 KiB
// (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure).
const maxMessage = 4096

// RunOnce runs the programs in a pod of their own on the node, the first as the one that can enter the node, and returns their
// termination messages, joined. These are parts of one text: one that is not full is the last, and no other is waited for.
// Nothing of it needs the tunnel: the kubelet reports the messages over its own connection to the API server. The pod is
// removed before RunOnce returns.
func (m *Manager) RunOnce(ctx context.Context, node string, programs [][]string, o Options) (string, error) {
	j, err := m.prepare(ctx, node, programs, false, o)
	if err != nil {
		return "", err
	}
	defer m.claim(j)()
	o.IdleTimeout = o.MaxDuration // it is bounded by nothing else
	pod, object, err := m.create(ctx, j, o, ended)
	if err != nil {
		return "", err
	}
	m.remove(ctx, pod)
	text, _ := message(object)
	return text, nil
}

// ended is the condition of a pod whose programs have said all. The kubelet reports what containers said before the pod's phase.
func ended(p *corev1.Pod) (bool, error) {
	if err := jobpod.StartTrouble(p); err != nil {
		return false, err
	}
	_, whole := message(p)
	return whole || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed, nil
}

// message joins the termination messages in the order of the containers, up to the first that is missing or not full; whole
// says that none is missing.
func message(p *corev1.Pod) (text string, whole bool) {
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
