package jobpod

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/akstools/akstools/internal/kube"
)

// responseLimit is how long to wait for the response to a create request after the command's own context is done.
const responseLimit = 5 * time.Second

// Start creates the Job and returns once its pod satisfies done, or with an error after limit. Pods that somebody else created to
// be mistaken for the Job's own are ignored, with a warning (see recognizer). On any error, what was created is removed. leftover tells
// the user what happens to the Job if it cannot be removed.
func (m *Maker) Start(ctx context.Context, j *batchv1.Job, limit time.Duration, done Condition, leftover string) (Pod, *corev1.Pod, error) {
	m.Notes.Creating(j.Labels[ComponentLabel], "job/"+j.Name, j.Namespace, j.Spec.Template.Spec.NodeName)
	j = withToken(j)
	created, err := m.createJob(ctx, j)
	if err != nil {
		if maybeCreated(err) {
			m.Remove(ctx, Pod{Namespace: j.Namespace, Job: j.Name}, leftover) // its name is random: it is no other's
		}
		return Pod{}, nil, fmt.Errorf("creating job %s in namespace %s: %w", j.Name, j.Namespace, err)
	}
	pod := Pod{Namespace: j.Namespace, Job: j.Name, JobUID: created.UID}
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	object, err := m.waitFor(waiting, created, done)
	if err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			err = late(j.Name, j.Spec.Template.Spec.NodeName, limit, err)
		}
		m.removeStarting(ctx, created, leftover)
		return Pod{}, nil, err
	}
	pod.Name, pod.UID = object.Name, object.UID
	return pod, object, nil
}

// createJob creates the Job.
func (m *Maker) createJob(ctx context.Context, j *batchv1.Job) (*batchv1.Job, error) {
	ctx, cancel := untilResponse(ctx)
	defer cancel()
	return m.Clients.BatchV1().Jobs(j.Namespace).Create(ctx, j, metav1.CreateOptions{})
}

// untilResponse returns the context of a create request. It is done only responseLimit after ctx: the API server may still carry out a
// request that was abandoned, and would then create the object after its removal.
func untilResponse(ctx context.Context) (context.Context, context.CancelFunc) {
	creating, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-creating.Done():
		case <-time.After(responseLimit):
			cancel()
		}
	})
	return creating, func() {
		stop()
		cancel()
	}
}

// maybeCreated reports whether the API server may have created an object although the request failed with err: it did not refuse the
// request, or the response was lost.
func maybeCreated(err error) bool {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Code >= http.StatusInternalServerError
	}
	var op *net.OpError
	return !errors.As(err, &op) || op.Op != "dial"
}

// maxAdopted is how many pods of a Job are deleted at most: it has one of its own, and adopts those that others give its label.
const maxAdopted = 100

// removeStarting deletes a Job whose pod did not start, and its pods: without a controller manager, no garbage collector deletes those.
// It works even if ctx is done.
func (m *Maker) removeStarting(ctx context.Context, j *batchv1.Job, leftover string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), RemovalLimit)
	defer cancel()
	m.Remove(ctx, Pod{Namespace: j.Namespace, Job: j.Name, JobUID: j.UID}, leftover)
	o := &metav1.ListOptions{LabelSelector: batchv1.ControllerUidLabel + "=" + string(j.UID), Limit: maxAdopted}
	request := m.Clients.CoreV1().RESTClient().Get().Namespace(j.Namespace).Resource("pods").VersionedParams(o, scheme.ParameterCodec)
	pods, err := kube.Some[metav1.PartialObjectMetadata](ctx, request, maxAdopted)
	if err != nil {
		return // the garbage collector deletes them, if it is running
	}
	for _, p := range pods {
		if metav1.IsControlledBy(&p, j) && p.DeletionTimestamp == nil {
			m.deletePod(ctx, p.Namespace, p.Name, p.UID)
		}
	}
}
