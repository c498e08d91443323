package nodepod

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/utils/ptr"
)

// removalLimit bounds the removal of what we made, which goes on after the command's own context ended.
const removalLimit = 15 * time.Second

// prepare asks all that must be known before anything is made, in parallel, and returns the Job to create.
// entered says that the pod is to be used by exec.
func (m *Manager) prepare(ctx context.Context, nodeName string, programs [][]string, entered bool, o Options) (*batchv1.Job, error) {
	var (
		node          *corev1.Node
		image, pulled = o.Image, ""
		who           identity
	)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if node, err = GetNode(gctx, m.Clients, nodeName); err != nil {
			return err
		}
		notReady, err := CheckNode(node)
		if notReady != "" {
			m.Notes.Warnf("node %s is not Ready (%s)", nodeName, notReady)
		}
		return err
	})
	g.Go(func() error { return m.Clients.Check(gctx, Rights(o.Namespace, entered)...) })
	g.Go(func() error {
		if image == "" {
			image, pulled = imageOnNode(gctx, m.Clients, nodeName)
		}
		return nil
	})
	g.Go(func() error {
		review, err := m.Clients.AuthenticationV1().SelfSubjectReviews().Create(gctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err == nil {
			who.user = review.Status.UserInfo.Username
		}
		return nil // who it was is for the record only
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if pulled != "" {
		m.Notes.Warnf("no image is known to be on node %s (%s); it must pull %s", nodeName, pulled, image)
	}
	j, err := job(node, image, programs, who, o)
	if err != nil {
		return nil, err
	}
	return j, m.dryRun(ctx, j)
}

// create makes the Job and returns when its pod is as done wants it. What was made is removed again on every error.
func (m *Manager) create(ctx context.Context, j *batchv1.Job, o Options, done podCondition) (Pod, *corev1.Pod, error) {
	m.Notes.Notef("creating job/%s in namespace %s on node %s, removed at the end", j.Name, j.Namespace, j.Spec.Template.Spec.NodeName)
	made, err := m.Clients.BatchV1().Jobs(j.Namespace).Create(ctx, j, metav1.CreateOptions{})
	if err != nil {
		if ctx.Err() != nil { // it may have been made although the answer did not come
			m.remove(ctx, Pod{Namespace: j.Namespace, Job: j.Name})
		}
		return Pod{}, nil, fmt.Errorf("creating job %s in namespace %s: %w", j.Name, j.Namespace, err)
	}
	pod := Pod{
		Namespace: j.Namespace, Job: j.Name, JobUID: made.UID,
		Node: j.Spec.Template.Spec.NodeName, IdleTimeout: o.IdleTimeout,
	}
	waiting, cancel := context.WithTimeout(ctx, o.RunningTimeout)
	defer cancel()
	object, err := m.waitFor(waiting, made, done)
	if err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("the pod of job %s did not start on node %s within %s: %w", j.Name, pod.Node, o.RunningTimeout, err)
		}
		m.remove(ctx, pod)
		return Pod{}, nil, err
	}
	pod.Name, pod.UID = object.Name, object.UID
	return pod, object, nil
}

// podCondition says whether the pod is where the caller wants it; an error ends the waiting.
type podCondition func(*corev1.Pod) (bool, error)

// waitFor watches the Job's pod. Where that takes long, it also watches the events, which tell what does not move on.
func (m *Manager) waitFor(ctx context.Context, j *batchv1.Job, done podCondition) (*corev1.Pod, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
			if err := m.watchTrouble(ctx, j); err != nil {
				cancel(err)
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
	return last, err
}

// running is the condition of a pod that can be entered.
func running(p *corev1.Pod) (bool, error) {
	if err := startTrouble(p); err != nil {
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

// hopeless are the reasons for which a container waits that time does not heal within a session.
var hopeless = []string{
	"ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
	"CreateContainerError", "CreateContainerConfigError", "RunContainerError", "CrashLoopBackOff",
}

func startTrouble(p *corev1.Pod) error {
	for _, s := range p.Status.ContainerStatuses {
		if w := s.State.Waiting; w != nil && slices.Contains(hopeless, w.Reason) {
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
			return strings.TrimSpace(fmt.Sprintf("ended: %s, exit code %d %s", t.Reason, t.ExitCode, t.Message))
		}
	}
	return strings.TrimSpace(strings.Join([]string{string(p.Status.Phase), p.Status.Reason, p.Status.Message}, " "))
}

// fatalEvents are the reasons of events that say why a pod is not made or does not start.
var fatalEvents = []string{"FailedCreate", "FailedMount", "FailedCreatePodSandBox", "FailedScheduling", "FailedKillPod", "Evicted", "NodeAffinity", "OutOfcpu", "OutOfmemory", "OutOfpods"}

// watchTrouble returns the first event that says why the Job's pod does not start, or nil when ctx is done or events
// cannot be read.
func (m *Manager) watchTrouble(ctx context.Context, j *batchv1.Job) error {
	lw := cache.NewFilteredListWatchFromClient(m.Clients.CoreV1().RESTClient(), "events", j.Namespace, func(o *metav1.ListOptions) {
		o.FieldSelector = "type=" + corev1.EventTypeWarning
	})
	var trouble error
	_, _ = watchtools.UntilWithSync(ctx, lw, &corev1.Event{}, nil, func(e watch.Event) (bool, error) {
		event, ok := e.Object.(*corev1.Event)
		if !ok || !strings.HasPrefix(event.InvolvedObject.Name, j.Name) || !slices.Contains(fatalEvents, event.Reason) {
			return false, nil
		}
		trouble = fmt.Errorf("the pod of job %s does not start: %s: %s", j.Name, event.Reason, event.Message)
		return true, nil
	})
	return trouble
}

// remove deletes the Job and its pod, also when ctx has ended, and says so where it fails.
func (m *Manager) remove(ctx context.Context, p Pod) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalLimit)
	defer cancel()
	if err := m.delete(ctx, p); err != nil {
		m.Notes.Warnf("job/%s in namespace %s could not be removed (%v); it ends by itself within %s and is gone %s later; or run: kubectl aksnode cleanup",
			p.Job, p.Namespace, err, p.IdleTimeout, finishedTTL)
		return
	}
	m.Notes.Stepf("removed job/%s in namespace %s", p.Job, p.Namespace)
}

// delete removes the Job first, so that it makes no second pod, and its pod at once.
func (m *Manager) delete(ctx context.Context, p Pod) error {
	o := metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}
	if p.JobUID != "" {
		o.Preconditions = metav1.NewUIDPreconditions(string(p.JobUID))
	}
	err := m.Clients.BatchV1().Jobs(p.Namespace).Delete(ctx, p.Job, o)
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if p.Name != "" {
		// the garbage collector does it too, only later: a user without the right to delete pods loses nothing
		_ = m.Clients.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(p.UID))})
	}
	return nil
}
