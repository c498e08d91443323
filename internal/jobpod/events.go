package jobpod

import (
	"context"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// eventsAfter is how long a pod may take to start before events are watched, which may tell why it does not.
const eventsAfter = 2 * time.Second

// fatalEvents are the reasons of events that tell why a pod is not created or does not start.
var fatalEvents = []string{
	"FailedCreate", "FailedMount", "FailedCreatePodSandBox", "FailedScheduling", "FailedKillPod", "Evicted", "NodeAffinity",
	"OutOfcpu", "OutOfmemory", "OutOfpods",
}

// watchTrouble returns the first event of the object with that UID, the Job or its pod, that tells why the pod does not start, or nil
// when ctx is done or events cannot be read. The namespace's other events, whose number and text are up to others, are not read.
func (m *Maker) watchTrouble(ctx context.Context, j *batchv1.Job, of types.UID) error {
	selector := fields.Set{"type": corev1.EventTypeWarning, "involvedObject.uid": string(of)}.AsSelector().String()
	lw := cache.NewFilteredListWatchFromClient(m.Clients.CoreV1().RESTClient(), "events", j.Namespace, func(o *metav1.ListOptions) {
		o.FieldSelector = selector
	})
	var trouble error
	_, _ = watchtools.UntilWithSync(ctx, lw, &corev1.Event{}, nil, func(e watch.Event) (bool, error) {
		event, ok := e.Object.(*corev1.Event)
		if !ok || of == "" || event.InvolvedObject.UID != of || !slices.Contains(fatalEvents, event.Reason) {
			return false, nil
		}
		trouble = fmt.Errorf("the pod of job %s cannot start: %s: %s", j.Name, event.Reason, event.Message)
		return true, nil
	})
	return trouble
}
