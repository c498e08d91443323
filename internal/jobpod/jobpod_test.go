package jobpod

import (
	"context"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
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
