package nodepod

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// A claimed Job is recognised as this user's, and as in use until it is released.
func TestClaim(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	m := &Manager{Clients: &kube.Clients{Config: &rest.Config{Host: "https://lab"}}}
	ours := batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "aksnode-a-12345"}}
	release := m.claim(&ours)
	ours.UID = "1"
	other := *ours.DeepCopy()
	other.Namespace = "elsewhere"
	if l := jobLeftover(ours, m.ownRecords()); l.Owner != OwnerSelf || l.State != StateInUse || l.Expendable() {
		t.Errorf("while it is used: %+v", l)
	}
	if l := jobLeftover(other, m.ownRecords()); l.Owner != OwnerOther {
		t.Errorf("another: %+v", l)
	}
	release()
	if l := jobLeftover(ours, m.ownRecords()); l.Owner != OwnerOther {
		t.Errorf("a record is left: %+v", l)
	}
}

func TestRecordKey(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range []Options{
		{Namespace: "a"},
		{Namespace: "b"},
		{Namespace: "a", Image: "x/y:1"},
		{Namespace: "a", Reason: "INC 1/2"},
		{Namespace: "a", Reason: "INC-3"},
	} {
		key := recordKey("node", o)
		if seen[key] || key != recordKey("node", o) {
			t.Errorf("%+v shares %s", o, key)
		}
		seen[key] = true
	}
}

// A pod is joined only if it is the recorded one and runs the container that it was created with.
func TestIsRunning(t *testing.T) {
	p := Pod{Pod: jobpod.Pod{UID: "1"}}
	for name, c := range map[string]struct {
		change func(*corev1.Pod)
		want   bool
	}{
		"it is":            {func(*corev1.Pod) {}, true},
		"another pod":      {func(o *corev1.Pod) { o.UID = "2" }, false},
		"finished":         {func(o *corev1.Pod) { o.Status.Phase = corev1.PodFailed }, false},
		"being deleted":    {func(o *corev1.Pod) { o.DeletionTimestamp = &metav1.Time{} }, false},
		"a replaced image": {func(o *corev1.Pod) { o.Status.ContainerStatuses[0].RestartCount = 1 }, false},
		"a sidecar": {func(o *corev1.Pod) {
			o.Status.ContainerStatuses = append(o.Status.ContainerStatuses, corev1.ContainerStatus{Name: "mesh", RestartCount: 1})
		}, true},
	} {
		o := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "1"}, Status: corev1.PodStatus{
			Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{Name: containerName}},
		}}
		c.change(o)
		if got := p.isRunning(o); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
