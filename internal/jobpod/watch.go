package jobpod

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// Condition reports whether the pod is in the state that is waited for. An error ends the wait.
type Condition func(*corev1.Pod) (bool, error)

// waitFor watches the Job's pod until it satisfies done. If that takes long, it also watches events, which may tell why.
func (m *Maker) waitFor(ctx context.Context, j *batchv1.Job, done Condition) (*corev1.Pod, error) {
	var standingIn sync.WaitGroup
	defer standingIn.Wait() // the caller must know what was created
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	recognized := newRecognizer(m, j)
	slow := time.Now().Add(eventsAfter)
	events := &lastEvent{}
	watchEvents := func(of types.UID) {
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(slow)):
			if err := m.watchTrouble(ctx, j, of, events); err != nil {
				cancel(err)
			}
		}
	}
	go watchEvents(j.UID)
	var seen atomic.Bool
	standingIn.Go(func() {
		select {
		case <-ctx.Done():
		case <-time.After(controllerLimit):
			if !seen.Load() {
				m.standIn(ctx, j)
			}
		}
	})
	selector := batchv1.ControllerUidLabel + "=" + string(j.UID)
	lw := cache.NewFilteredListWatchFromClient(m.Clients.CoreV1().RESTClient(), "pods", j.Namespace, func(o *metav1.ListOptions) {
		o.LabelSelector = selector
	})
	var last *corev1.Pod
	_, err := watchtools.UntilWithSync(ctx, lw, &corev1.Pod{}, nil, func(e watch.Event) (bool, error) {
		pod, ok := e.Object.(*corev1.Pod)
		if !ok {
			return false, nil
		}
		if !recognized.is(ctx, pod) {
			return false, nil
		}
		if !seen.Swap(true) {
			go watchEvents(pod.UID)
		}
		if e.Type == watch.Deleted {
			return false, &StartError{text: fmt.Sprintf("pod %s was deleted while it was starting", pod.Name)}
		}
		last = pod
		return done(pod)
	})
	cause := context.Cause(ctx)
	if err != nil && cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return nil, cause
	}
	if err == nil {
		return last, nil
	}
	foreign := recognized.ignored()
	var states []string
	switch {
	case ctx.Err() == nil: // an error of done already describes the pod
	case last == nil && foreign == "":
		states = append(states, "no pod was created: the controller manager may not be running")
	case last != nil:
		states = append(states, fmt.Sprintf("pod %s is %s", last.Name, describe(last)))
		if event := events.String(); event != "" {
			states = append(states, "last event: "+event)
		}
	}
	if foreign != "" {
		states = append(states, foreign)
	}
	if len(states) > 0 {
		err = &waitError{
			err, strings.Join(states, "; "), last != nil, last != nil && last.Status.Phase == corev1.PodRunning, last != nil && unreported(last),
		}
	}
	return nil, err
}

// waitError is an error by which the wait for a pod ended, and what is known about the pod.
type waitError struct {
	error
	state   string
	seen    bool // there was a pod
	started bool // it was running
	waiting bool // the kubelet had not reported on it
}

func (e *waitError) Error() string { return fmt.Sprintf("%v (%s)", e.error, e.state) }
func (e *waitError) Unwrap() error { return e.error }

// controllerLimit is how long the Job controller may take to create the pod.
const controllerLimit = 3 * time.Second

// standIn creates the Job's pod if the Job controller does not. The pod is the one that the controller would create, so that it adopts
// the pod when it works again. Without permission to create pods, nothing happens and the wait continues.
func (m *Maker) standIn(ctx context.Context, j *batchv1.Job) {
	ctx, cancel := untilResponse(ctx)
	defer cancel()
	pod := podOf(j)
	pod.Spec.ActiveDeadlineSeconds = j.Spec.ActiveDeadlineSeconds
	if _, err := m.Clients.CoreV1().Pods(j.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err == nil {
		m.Notes.Notef("creating pod/%s in namespace %s, removed at the end: the controller manager has not created the job's pod",
			pod.Name, pod.Namespace)
	}
}

// Running is the Condition that the pod is running. It is an error if the pod has already finished or cannot start.
func Running(p *corev1.Pod) (bool, error) {
	if err := StartTrouble(p); err != nil {
		return false, err
	}
	switch p.Status.Phase {
	case corev1.PodRunning:
		return true, nil
	case corev1.PodFailed, corev1.PodSucceeded:
		return false, fmt.Errorf("pod %s exited immediately: %s", p.Name, describe(p))
	}
	return false, nil
}

// unreported reports whether the kubelet has told nothing of the pod yet.
func unreported(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodPending && p.Status.StartTime == nil
}

// describe returns the state of the pod in a few words.
func describe(p *corev1.Pod) string {
	for _, s := range p.Status.ContainerStatuses {
		switch {
		case s.State.Waiting != nil:
			return strings.TrimSuffix(fmt.Sprintf("waiting: %s: %s", s.State.Waiting.Reason, s.State.Waiting.Message), ": ")
		case s.State.Terminated != nil:
			t := s.State.Terminated
			text := fmt.Sprintf("terminated: %s, exit code %d", t.Reason, t.ExitCode)
			if t.ExitCode != 0 { // otherwise the message is a result and not a reason
				text = strings.TrimSpace(text + " " + t.Message)
			}
			return text
		}
	}
	if unreported(p) {
		return "Pending: the kubelet has not reported on it"
	}
	return strings.TrimSpace(strings.Join([]string{string(p.Status.Phase), p.Status.Reason, p.Status.Message}, " "))
}
