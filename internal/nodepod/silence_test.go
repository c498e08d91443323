package nodepod

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/kube"
)

// A pod that a silent or broken kubelet does not start is given up early, and only such a pod.
func TestStartWatch(t *testing.T) {
	const never = time.Minute
	for name, c := range map[string]struct {
		ready    corev1.ConditionStatus
		renewed  time.Duration // before the pod is created
		skew     time.Duration // of the API server's clock and the kubelet's
		reported bool
		started  bool
		pulls    bool
		want     string // of the error
		after    time.Duration
	}{
		"silent":               {ready: corev1.ConditionTrue, renewed: time.Minute, want: "silent since $time", after: 6 * time.Second},
		"silent for a moment":  {ready: corev1.ConditionTrue, renewed: 5 * time.Second, want: "silent since $time", after: 16 * time.Second},
		"silent, other clocks": {ready: corev1.ConditionTrue, renewed: time.Minute, skew: time.Hour, want: "$time", after: 6 * time.Second},
		"other clocks": {
			ready: corev1.ConditionTrue, renewed: time.Second, skew: -time.Hour, want: "$time", after: 20 * time.Second,
		},
		"slow":                      {ready: corev1.ConditionTrue, renewed: time.Minute, reported: true, after: never},
		"the runtime is down":       {ready: corev1.ConditionFalse, reported: true, want: "runtime down", after: 10 * time.Second},
		"it runs":                   {ready: corev1.ConditionFalse, started: true, after: never},
		"no network, and it pulls":  {ready: corev1.ConditionFalse, reported: true, pulls: true, after: never},
		"unknown, without a report": {ready: corev1.ConditionUnknown, want: "it is not Ready", after: 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			synctest.Test(t, func(t *testing.T) {
				node := draftOn().node
				node.Status.Conditions = []corev1.NodeCondition{
					{Type: corev1.NodeReady, Status: c.ready, Reason: "KubeletNotReady", Message: "runtime down"},
				}
				lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceNodeLease, Name: node.Name}}
				if c.renewed > 0 {
					renewed := metav1.NewMicroTime(time.Now().Add(c.skew - c.renewed))
					lease.Spec.RenewTime = &renewed
				}
				clients := &kube.Clients{Interface: fake.NewClientset(node, lease), Config: &rest.Config{Host: "https://lab"}}
				w := &startWatch{manager: &Manager{Clients: clients}, node: node, pulls: c.pulls}
				starting, stop := w.begin(t.Context())
				defer stop()
				pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending}}
				pod.CreationTimestamp = metav1.NewTime(time.Now().Add(c.skew))
				if c.started {
					pod.Status.Phase = corev1.PodRunning
				}
				if c.reported {
					pod.Status.StartTime = &pod.CreationTimestamp
				}
				start := time.Now()
				c.want = strings.ReplaceAll(c.want, "$time", clock(start.Add(-c.renewed)))
				w.see(pod)
				select {
				case <-starting.Done():
				case <-time.After(never):
				}
				if took := time.Since(start); took != c.after {
					t.Errorf("it ended after %s, not %s", took, c.after)
				}
				err := context.Cause(starting)
				var unusable *UnusableNodeError
				if c.want != "" && (!errors.As(err, &unusable) || !strings.Contains(err.Error(), c.want) || len(unusable.Hints) == 0) {
					t.Errorf("%+v, want %q", err, c.want)
				}
			})
		})
	}
}
