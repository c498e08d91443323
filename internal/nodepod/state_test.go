package nodepod

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

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
