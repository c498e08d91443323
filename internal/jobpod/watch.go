package jobpod

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/akstools/akstools/internal/podhealth"
)

// Condition says whether the pod is where the caller wants it; an error ends the waiting.
type Condition func(*corev1.Pod) (bool, error)

// waitFor watches the Job's pod. Where that takes long, it also watches the events, which tell what does not move on.
func (m *Maker) waitFor(ctx context.Context, j *batchv1.Job, done Condition) (*corev1.Pod, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	recognized := newRecognizer(m, j)
	go func() {
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
			if err := m.watchTrouble(ctx, j, recognized.owns); err != nil {
				cancel(err)
			}
		}
	}()
	var seen atomic.Bool
	go func() {
		select {
		case <-ctx.Done():
		case <-time.After(controllerTakes):
			if !seen.Load() {
				m.standIn(ctx, j)
			}
		}
	}()
	selector := batchv1.ControllerUidLabel + "=" + string(j.UID)
	lw := cache.NewFilteredListWatchFromClient(m.Clients.CoreV1().RESTClient(), "pods", j.Namespace, func(o *metav1.ListOptions) { o.LabelSelector = selector })
	var last *corev1.Pod
	_, err := watchtools.UntilWithSync(ctx, lw, &corev1.Pod{}, nil, func(e watch.Event) (bool, error) {
		pod, ok := e.Object.(*corev1.Pod)
		if !ok {
			return false, nil
		}
		if !recognized.is(ctx, pod) {
			return false, nil
		}
		seen.Store(true)
		if e.Type == watch.Deleted {
			return false, fmt.Errorf("pod %s was deleted while it started", pod.Name)
		}
		last = pod
		return done(pod)
	})
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return nil, cause
	}
	if err != nil && last != nil && ctx.Err() != nil { // the pod's own trouble says itself
		err = fmt.Errorf("%w (pod %s is %s)", err, last.Name, describe(last))
	}
	if foreign := recognized.ignored(); err != nil && foreign != "" {
		return nil, fmt.Errorf("%w (%s)", err, foreign)
	}
	if err != nil && last == nil && ctx.Err() != nil {
		err = fmt.Errorf("%w (no pod was made: the controller manager may stand still)", err)
	}
	return last, err
}

// controllerTakes is how long the Job controller may take to make the pod.
const controllerTakes = 3 * time.Second

// standIn makes the Job's pod in the place of the Job controller, which makes none: as that would, so that it takes the
// pod for its own when it works again. Without the right to create pods the wait goes on.
func (m *Maker) standIn(ctx context.Context, j *batchv1.Job) {
	pod := podOf(j)
	pod.Spec.ActiveDeadlineSeconds = j.Spec.ActiveDeadlineSeconds
	if _, err := m.Clients.CoreV1().Pods(j.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err == nil {
		m.Notes.Notef("creating pod/%s in namespace %s, removed at the end: the controller manager makes no pod for the job", pod.Name, pod.Namespace)
	}
}

// Running is the condition of a pod that can be entered.
func Running(p *corev1.Pod) (bool, error) {
	if err := StartTrouble(p); err != nil {
		return false, err
	}
	switch p.Status.Phase {
	case corev1.PodRunning:
		return true, nil
	case corev1.PodFailed, corev1.PodSucceeded:
		return false, fmt.Errorf("pod %s ended at once: %s", p.Name, describe(p))
	}
	return false, nil
}

// StartTrouble returns why a container of the pod cannot start, where time does not heal it, and nil otherwise.
func StartTrouble(p *corev1.Pod) error {
	for _, s := range p.Status.ContainerStatuses {
		if w := s.State.Waiting; w != nil && podhealth.CannotStart(w.Reason) {
			return fmt.Errorf("pod %s cannot start: %s: %s", p.Name, w.Reason, w.Message)
		}
	}
	return nil
}

// describe says in a few words in which state the pod is.
func describe(p *corev1.Pod) string {
	for _, s := range p.Status.ContainerStatuses {
		switch {
		case s.State.Waiting != nil:
			return strings.TrimSuffix(fmt.Sprintf("waiting: %s: %s", s.State.Waiting.Reason, s.State.Waiting.Message), ": ")
		case s.State.Terminated != nil:
			t := s.State.Terminated
			text := fmt.Sprintf("ended: %s, exit code %d", t.Reason, t.ExitCode)
			if t.ExitCode != 0 { // else it is a result, not a reason
				text = strings.TrimSpace(text + " " + t.Message)
			}
			return text
		}
	}
	return strings.TrimSpace(strings.Join([]string{string(p.Status.Phase), p.Status.Reason, p.Status.Message}, " "))
}

// fatalEvents are the reasons of events that say why a pod is not made or does not start.
var fatalEvents = []string{"FailedCreate", "FailedMount", "FailedCreatePodSandBox", "FailedScheduling", "FailedKillPod", "Evicted", "NodeAffinity", "OutOfcpu", "OutOfmemory", "OutOfpods"}

// watchTrouble returns the first event that says why the Job's pod does not start, or nil when ctx is done or events
// cannot be read. Only events of objects with a UID that is ours count: a pod of another may have any name.
func (m *Maker) watchTrouble(ctx context.Context, j *batchv1.Job, ours func(types.UID) bool) error {
	lw := cache.NewFilteredListWatchFromClient(m.Clients.CoreV1().RESTClient(), "events", j.Namespace, func(o *metav1.ListOptions) {
		o.FieldSelector = "type=" + corev1.EventTypeWarning
	})
	var trouble error
	_, _ = watchtools.UntilWithSync(ctx, lw, &corev1.Event{}, nil, func(e watch.Event) (bool, error) {
		event, ok := e.Object.(*corev1.Event)
		if !ok || !ours(event.InvolvedObject.UID) || !slices.Contains(fatalEvents, event.Reason) {
			return false, nil
		}
		trouble = fmt.Errorf("the pod of job %s does not start: %s: %s", j.Name, event.Reason, event.Message)
		return true, nil
	})
	return trouble
}
