package jobpod

import (
	"context"
	"fmt"
	"slices"
	"sync"
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
var fatalEvents = []string{"FailedCreate", "FailedMount", "FailedCreatePodSandBox", "FailedScheduling", "FailedKillPod"}

// rejections are the reasons for which a kubelet rejects a pod that is created on its node. The reason is in the pod's status too, which
// may come later than the event.
var rejections = []string{"Evicted", "NodeAffinity", "OutOfcpu", "OutOfmemory", "OutOfpods"}

// lastEvent is the last event that was seen of a pod or its Job. It is safe for concurrent use.
type lastEvent struct {
	mu   sync.Mutex
	text string
}

func (l *lastEvent) see(e *corev1.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = e.Reason + ": " + e.Message
}

// String returns the event's reason and message, or "" if none was seen.
func (l *lastEvent) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

// watchTrouble returns the first event of the object with that UID, the Job or its pod, that tells why the pod does not start, or nil
// when ctx is done or events cannot be read. It notes the last event in last. The namespace's other events, whose number and text are up
// to others, are not read.
func (m *Maker) watchTrouble(ctx context.Context, j *batchv1.Job, of types.UID, last *lastEvent) error {
	selector := fields.OneTermEqualSelector("involvedObject.uid", string(of)).String()
	lw := cache.NewFilteredListWatchFromClient(m.Clients.CoreV1().RESTClient(), "events", j.Namespace, func(o *metav1.ListOptions) {
		o.FieldSelector = selector
	})
	var trouble error
	_, _ = watchtools.UntilWithSync(ctx, lw, &corev1.Event{}, nil, func(e watch.Event) (bool, error) {
		event, ok := e.Object.(*corev1.Event)
		if !ok || of == "" || event.InvolvedObject.UID != of {
			return false, nil
		}
		if event.InvolvedObject.Kind != "Job" || event.Type == corev1.EventTypeWarning { // that a pod was created is no news
			last.see(event)
		}
		switch {
		case event.Type != corev1.EventTypeWarning:
			return false, nil
		case slices.Contains(rejections, event.Reason):
			trouble = rejected(event.InvolvedObject.Name, event.Reason, event.Message)
		case slices.Contains(fatalEvents, event.Reason):
			text := fmt.Sprintf("the pod of job %s cannot start: %s: %s", j.Name, event.Reason, event.Message)
			trouble = &StartError{Reason: event.Reason, text: text}
		}
		return trouble != nil, nil
	})
	return trouble
}
