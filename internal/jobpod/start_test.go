package jobpod

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A command that is interrupted while the API server creates the Job leaves no Job behind.
func TestEndedWhileTheJobIsCreated(t *testing.T) {
	s := &server{t: t, slow: time.Second, pods: func(j *batchv1.Job) []*corev1.Pod { return []*corev1.Pod{controllers(j)} }}
	maker := s.maker(&said{})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if pod, _, err := maker.Start(ctx, testJob(), 20*time.Second, Running, ""); err == nil {
		t.Errorf("got pod %s", pod.Name)
	}
	<-s.jobs
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		t.Error("the Job is left")
	}
}

// A Job that was created although the response was lost does not stay.
func TestLostResponse(t *testing.T) {
	s := &server{t: t, lost: true, pods: func(*batchv1.Job) []*corev1.Pod { return nil }}
	notes := &said{}
	if pod, _, err := s.maker(notes).Start(t.Context(), testJob(), 20*time.Second, Running, ""); err == nil {
		t.Errorf("got pod %s", pod.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || len(notes.warnings) > 0 {
		t.Errorf("the Job is left: %v, %q", s.left, notes.warnings)
	}
}

func TestMaybeCreated(t *testing.T) {
	jobs := schema.GroupResource{Group: "batch", Resource: "jobs"}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{apierrors.NewForbidden(jobs, "j", nil), false},
		{apierrors.NewAlreadyExists(jobs, "j"), false},
		{apierrors.NewTooManyRequests("busy", 1), false},
		{apierrors.NewTimeoutError("timeout", 1), true},
		{apierrors.NewInternalError(io.EOF), true},
		{&url.Error{Op: "Post", URL: "https://api", Err: io.ErrUnexpectedEOF}, true},
		{&url.Error{Op: "Post", URL: "https://api", Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}, true},
		{&url.Error{Op: "Post", URL: "https://api", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, false},
	} {
		if got := maybeCreated(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// If there is neither a Job controller nor a garbage collector, the pod that stands in is deleted when it does not start. Others' pods
// with the Job's label are not.
func TestStandInIsRemoved(t *testing.T) {
	s := &server{t: t, standIns: true, pods: func(j *batchv1.Job) []*corev1.Pod {
		return []*corev1.Pod{others(j, func(p *corev1.Pod) { p.OwnerReferences = nil })}
	}}
	if pod, _, err := s.maker(&said{}).Start(t.Context(), testJob(), controllerLimit+time.Second, Running, ""); err == nil {
		t.Errorf("got pod %s", pod.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || len(s.made) != 1 || s.made[0].Name != "evil" {
		t.Errorf("the Job is left: %v; %d pods are left", s.left, len(s.made))
	}
}

// A pod that the kubelet rejects ends the wait with the kubelet's reason.
func TestRejected(t *testing.T) {
	s := &server{t: t, pods: func(j *batchv1.Job) []*corev1.Pod {
		p := controllers(j)
		p.Status = corev1.PodStatus{
			Phase: corev1.PodFailed, Reason: "Evicted", Message: "Pod was rejected: The node had condition: [DiskPressure]. ",
		}
		return []*corev1.Pod{p}
	}}
	_, _, err := s.maker(&said{}).Start(t.Context(), testJob(), 20*time.Second, Running, "")
	var start *StartError
	if !errors.As(err, &start) || !start.Rejected || start.Reason != "Evicted" ||
		!strings.HasSuffix(err.Error(), "-real: Evicted: The node had condition: [DiskPressure].") {
		t.Errorf("%+v", err)
	}
	if s.left || len(s.made) > 0 {
		t.Errorf("the Job is left: %v; %d pods are left", s.left, len(s.made))
	}
	ran := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted"}}
	ran.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "node"}}
	if err := StartTrouble(ran); err != nil {
		t.Errorf("a pod that ran: %v", err)
	}
}

// A pod that runs but does not do what is waited for has started.
func TestLate(t *testing.T) {
	s := &server{t: t, pods: func(j *batchv1.Job) []*corev1.Pod { return []*corev1.Pod{controllers(j)} }}
	never := func(*corev1.Pod) (bool, error) { return false, nil }
	_, _, err := s.maker(&said{}).Start(t.Context(), testJob(), time.Second, never, "")
	var start *StartError
	if !errors.As(err, &start) || !start.Started || !strings.Contains(err.Error(), "did not finish on node") {
		t.Errorf("%+v", err)
	}
	none := &server{t: t, pods: func(*batchv1.Job) []*corev1.Pod { return nil }}
	_, _, err = none.maker(&said{}).Start(t.Context(), testJob(), time.Second, never, "")
	if errors.As(err, &start) || err == nil || !strings.Contains(err.Error(), "no pod was created") {
		t.Errorf("no pod was created: %+v", err)
	}
}
