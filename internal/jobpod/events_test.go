package jobpod

import (
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// warning returns an event of an object that has the name of the Job or begins with it.
func warning(uid types.UID, name, reason, message string) *corev1.Event {
	return &corev1.Event{
		TypeMeta:       metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta:     metav1.ObjectMeta{Name: fmt.Sprintf("%s-%s", name, uid), Namespace: "default", ResourceVersion: "1"},
		InvolvedObject: corev1.ObjectReference{UID: uid, Name: name},
		Type:           corev1.EventTypeWarning, Reason: reason, Message: message,
	}
}

// Only events of the Job and of its own pod are requested, and one of them ends the wait.
func TestEvents(t *testing.T) {
	pending := func(j *batchv1.Job) []*corev1.Pod {
		p := controllers(j)
		p.Status.Phase = corev1.PodPending
		return []*corev1.Pod{p}
	}
	name := testJob().Name
	pulling := warning("real", name+"-real", "Pulling", "pulling image x")
	pulling.Type, pulling.InvolvedObject.Kind = corev1.EventTypeNormal, "Pod"
	for test, c := range map[string]struct {
		events []*corev1.Event
		want   string // of the error
	}{
		"a rejection": {
			[]*corev1.Event{warning("real", name+"-real", "Evicted", "DiskPressure")},
			"rejected pod " + name + "-real: Evicted: DiskPressure",
		},
		"the last event": {[]*corev1.Event{pulling}, "Pending: the kubelet has not reported on it; last event: Pulling: pulling image x"},
		"others'": {[]*corev1.Event{
			warning("", name, "FailedCreate", "forged"), warning("other", name+"-real", "FailedMount", "forged"),
			warning("real", name+"-real", "BackOff", "harmless"),
		}, "did not start"},
		"the job's": {[]*corev1.Event{warning(jobUID, name, "FailedCreate", "denied")}, "FailedCreate: denied"},
		"its pod's": {[]*corev1.Event{warning("real", name+"-real", "FailedMount", "no volume")}, "FailedMount: no volume"},
	} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, pods: pending, events: c.events}
			_, _, err := s.maker(&said{}).Start(t.Context(), testJob(), eventsAfter+2*time.Second, Running, "")
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "forged") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, selector := range s.eventSelectors {
				if uid, _ := selector.RequiresExactMatch("involvedObject.uid"); uid != jobUID && uid != "real" {
					t.Errorf("events were requested by %q", selector)
				}
			}
		})
	}
}
