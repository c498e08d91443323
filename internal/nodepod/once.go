package nodepod

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/jobpod"
)

// RunOnce runs the programs in a pod of their own on the node, the first as the one that can enter the node, and returns
// their termination messages in order. Nothing of it needs the tunnel: the kubelet reports the messages over its own
// connection to the API server. The pod is removed before RunOnce returns.
//
// A message has at most 4096 bytes, three messages together 12 KiB
// (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure).
func (m *Manager) RunOnce(ctx context.Context, node string, programs [][]string, o Options) ([]string, error) {
	j, err := m.prepare(ctx, node, programs, false, o)
	if err != nil {
		return nil, err
	}
	pod, object, err := m.create(ctx, j, o, ended)
	if err != nil {
		return nil, err
	}
	m.remove(ctx, pod)
	messages := make([]string, len(programs))
	for i, c := range object.Spec.Containers {
		for _, s := range object.Status.ContainerStatuses {
			if s.Name == c.Name && s.State.Terminated != nil {
				messages[i] = s.State.Terminated.Message
			}
		}
	}
	return messages, nil
}

// ended is the condition of a pod all of whose programs ended.
func ended(p *corev1.Pod) (bool, error) {
	if err := jobpod.StartTrouble(p); err != nil {
		return false, err
	}
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed, nil
}
