// Package jobpod makes a pod as the pod of a Job, watches it start and removes both. A Job is the only built-in object that
// is also removed when its client was killed: by activeDeadlineSeconds and ttlSecondsAfterFinished.
package jobpod

import (
	"context"
	"fmt"
	"regexp"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/kube"
)

// Labels of every object that the suite creates.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "akstools"
	ComponentLabel = "app.kubernetes.io/component"
)

// FinishedTTL is how long the API server keeps a finished Job whose client did not remove it.
const FinishedTTL = 60 * time.Second

// RemovalLimit bounds the removal of what we made, which goes on after the command's own context ended.
const RemovalLimit = 15 * time.Second

// answerLimit bounds the wait for the answer to a request to create, after the command's own context ended.
const answerLimit = 5 * time.Second

// Notes receives what the user should know while a pod is made: what is created and removed, and what is odd.
type Notes interface {
	Notef(format string, args ...any)
	Warnf(format string, args ...any)
	Stepf(format string, args ...any)
	// Creating announces an object that is created on the node and removed at the end; component is its ComponentLabel.
	Creating(component, object, namespace, node string)
}

// Pod names a Job and its pod.
type Pod struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	Job       string    `json:"job"`
	JobUID    types.UID `json:"jobUID"`
}

// Maker makes and removes pods in one cluster as one user.
type Maker struct {
	Clients *kube.Clients
	Notes   Notes
}

// Rights are what a user needs to make, watch and remove the Job's pod in the namespace.
func Rights(namespace string) []kube.Right {
	return []kube.Right{
		{Verb: "create", Group: "batch", Resource: "jobs", Namespace: namespace},
		{Verb: "delete", Group: "batch", Resource: "jobs", Namespace: namespace},
		{Verb: "get", Resource: "pods", Namespace: namespace},
		{Verb: "list", Resource: "pods", Namespace: namespace},
		{Verb: "watch", Resource: "pods", Namespace: namespace},
	}
}

// ExecRights are what a user needs to run commands in the pod. A WebSocket is opened by GET, its SPDY stand-in by POST.
func ExecRights(namespace string, subresources ...string) []kube.Right {
	var rights []kube.Right
	for _, sub := range subresources {
		for _, verb := range []string{"create", "get"} {
			rights = append(rights, kube.Right{Verb: verb, Resource: "pods", Subresource: sub, Namespace: namespace})
		}
	}
	return rights
}

// Admit asks the API server by a dry run whether the Job's pod would be admitted to the namespace; nothing is made. A user
// who may make Jobs and no pods passes: then the Job's events tell.
func (m *Maker) Admit(ctx context.Context, j *batchv1.Job, namespace string) error {
	pod := &corev1.Pod{ObjectMeta: *j.Spec.Template.ObjectMeta.DeepCopy(), Spec: *j.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.Name = namespace, j.Name
	_, err := m.Clients.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil && notAllowedToCreatePods.MatchString(err.Error()) {
		return nil
	}
	return err
}

var notAllowedToCreatePods = regexp.MustCompile(`User ".*" cannot create resource "pods"`)

// Start makes the Job and returns when its pod is as done wants it, within limit. It is the Job's own pod: one that somebody else
// made to be taken for it is ignored, with a warning (recognizer). What was made is removed again on every error. leftover says
// what becomes of the Job where it cannot be removed.
func (m *Maker) Start(ctx context.Context, j *batchv1.Job, limit time.Duration, done Condition, leftover string) (Pod, *corev1.Pod, error) {
	m.Notes.Creating(j.Labels[ComponentLabel], "job/"+j.Name, j.Namespace, j.Spec.Template.Spec.NodeName)
	j = withToken(j)
	made, err := m.createJob(ctx, j)
	if err != nil {
		if ctx.Err() != nil { // it may have been made although the answer did not come
			m.Remove(ctx, Pod{Namespace: j.Namespace, Job: j.Name}, leftover)
		}
		return Pod{}, nil, fmt.Errorf("creating job %s in namespace %s: %w", j.Name, j.Namespace, err)
	}
	pod := Pod{Namespace: j.Namespace, Job: j.Name, JobUID: made.UID}
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	object, err := m.waitFor(waiting, made, done)
	if err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("the pod of job %s did not start on node %s within %s: %w", j.Name, j.Spec.Template.Spec.NodeName, limit, err)
		}
		m.Remove(ctx, pod, leftover)
		return Pod{}, nil, err
	}
	pod.Name, pod.UID = object.Name, object.UID
	return pod, object, nil
}

// createJob creates the Job. After the end of ctx it goes on waiting for the answer for a while: a request that was given up may still
// be carried out, after the removal of what it makes.
func (m *Maker) createJob(ctx context.Context, j *batchv1.Job) (*batchv1.Job, error) {
	creating, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-creating.Done():
		case <-time.After(answerLimit):
			cancel()
		}
	})()
	return m.Clients.BatchV1().Jobs(j.Namespace).Create(creating, j, metav1.CreateOptions{})
}

// Remove deletes the Job and its pod, also when ctx has ended, and says so where it fails.
func (m *Maker) Remove(ctx context.Context, p Pod, leftover string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), RemovalLimit)
	defer cancel()
	if err := m.Delete(ctx, p); err != nil {
		m.Notes.Warnf("job/%s in namespace %s could not be removed (%v); %s", p.Job, p.Namespace, err, leftover)
		return
	}
	m.Notes.Stepf("removed job/%s in namespace %s", p.Job, p.Namespace)
}

// Delete removes the Job first, so that it makes no second pod, and its pod at once.
func (m *Maker) Delete(ctx context.Context, p Pod) error {
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
