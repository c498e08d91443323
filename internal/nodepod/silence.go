package nodepod

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// How long a kubelet may take. It reports on a new pod within a second or two, and renews its lease every 10 s
// (https://kubernetes.io/docs/reference/node/node-status/#heartbeats).
const (
	reportLimit = 5 * time.Second
	renewLimit  = 20 * time.Second
	// notReadyLimit is how long a pod that the kubelet has reported on may take to start on a node that is not Ready: pods on the host's
	// network do start there, unless the container runtime is what is broken.
	notReadyLimit = 10 * time.Second
	kubeletPoll   = 2 * time.Second
)

// startWatch watches a node's kubelet while a pod starts there: the node's conditions show only after 40 s that it is silent.
type startWatch struct {
	manager *Manager
	node    *corev1.Node
	options Options
	pulls   bool // the node may have to pull the image, which takes its time

	mu       sync.Mutex
	seen     time.Time     // when the pod was first seen; zero: not yet
	skew     time.Duration // what the API server's clock is ahead of ours, to about a second
	reported bool          // the kubelet has reported on the pod
	started  bool          // the pod runs, or has run
}

// begin returns a context for the start of the pod, which is done, with an *UnusableNodeError as its cause, when the pod cannot start
// because of its kubelet. The caller must call stop.
func (w *startWatch) begin(ctx context.Context) (starting context.Context, stop func()) {
	starting, cancel := context.WithCancelCause(ctx)
	go func() {
		for {
			select {
			case <-starting.Done():
				return
			case <-time.After(kubeletPoll):
			}
			if err := w.check(starting); err != nil {
				cancel(err)
			}
		}
	}()
	return starting, func() { cancel(nil) }
}

// seeing returns the condition, and notes what it is asked about.
func (w *startWatch) seeing(done jobpod.Condition) jobpod.Condition {
	return func(p *corev1.Pod) (bool, error) {
		w.see(p)
		return done(p)
	}
}

func (w *startWatch) see(p *corev1.Pod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen.IsZero() {
		w.seen = time.Now()
		w.skew = p.CreationTimestamp.Sub(w.seen)
	}
	w.started = w.started || p.Status.Phase != corev1.PodPending
	w.reported = w.started || p.Status.StartTime != nil
}

// check returns an *UnusableNodeError if the pod cannot start because of its kubelet, or nil if it may or that is unknown.
func (w *startWatch) check(ctx context.Context) error {
	w.mu.Lock()
	seen, skew, reported, started := w.seen, w.skew, w.reported, w.started
	w.mu.Unlock()
	waited := time.Since(seen)
	if seen.IsZero() || started || waited < reportLimit {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, waysLimit)
	defer cancel()
	m, name := w.manager, w.node.Name
	if !reported {
		renewed := lastRenewal(ctx, m.Clients, name)
		if !renewed.IsZero() && time.Now().Add(skew).Sub(renewed) > renewLimit {
			return w.unusable(ctx, "its kubelet has been silent since "+clock(renewed.Add(-skew)))
		}
	}
	if reported && (w.pulls || waited < notReadyLimit) {
		return nil
	}
	node, err := m.Clients.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return left(name)
	case err != nil:
		return nil //nolint:nilerr // it is unknown
	}
	if why := notReady(node); why != "" {
		return w.unusable(ctx, why)
	}
	return nil
}

func (w *startWatch) unusable(ctx context.Context, why string) error {
	return &UnusableNodeError{
		Node: w.node.Name, Machine: true, Reason: "does not start the pod: " + why,
		Hints: w.manager.ways(ctx, w.node, w.options),
	}
}

// left returns the error of a pod on a node that was deleted while the pod was starting.
func left(node string) error {
	return &UnusableNodeError{Node: node, Missing: true, Reason: "has left the cluster while the pod was starting"}
}

// notReady says why the node is not Ready; empty: it is, or has not said.
func notReady(node *corev1.Node) string {
	ready := podhealth.NodeReady(node)
	if ready.Status != corev1.ConditionFalse && ready.Status != corev1.ConditionUnknown {
		return ""
	}
	return strings.TrimSuffix(redact.Line(fmt.Sprintf("it is not Ready: %s: %s", ready.Reason, ready.Message)), ": ")
}

// lastRenewal returns when the node's kubelet last renewed its lease, by the kubelet's clock, or the zero time if that is unknown.
func lastRenewal(ctx context.Context, clients *kube.Clients, node string) time.Time {
	lease, err := clients.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(ctx, node, metav1.GetOptions{})
	if err != nil || lease.Spec.RenewTime == nil {
		return time.Time{}
	}
	return lease.Spec.RenewTime.Time
}

// clock returns the time of day, and the date if that is not today.
func clock(t time.Time) string {
	t = t.Local()
	if now := time.Now(); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("15:04")
}

// explain returns err, by which the Job's pod did not start, with the state of the node and other ways to it where the node is the
// reason. It warns if the pod stays.
func (m *Manager) explain(ctx context.Context, d *draft, j *batchv1.Job, err error) error {
	var start *jobpod.StartError
	var unusable *UnusableNodeError
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, &unusable):
		m.warnIfStays(ctx, podOf(j))
		return err
	case !errors.As(err, &start), podhealth.PullFailed(start.Reason), start.Reason == "FailedCreate": // not the node's fault
		return err
	}
	if !start.Rejected {
		m.warnIfStays(ctx, podOf(j))
	}
	reason := "does not start the pod: " + err.Error()
	if start.Started {
		reason = "does not report on the pod: " + err.Error()
	}
	node, getErr := m.Clients.CoreV1().Nodes().Get(ctx, d.node.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(getErr):
		return left(d.node.Name)
	case getErr != nil:
		return err // whether it is the node is unknown
	}
	if why := notReady(node); why != "" {
		reason += "; " + why
	}
	return &UnusableNodeError{Node: d.node.Name, Machine: true, Reason: reason, Err: err, Hints: m.ways(ctx, d.node, d.options)}
}

// podOf returns the names of the Job's pod, as far as they are known before it starts.
func podOf(j *batchv1.Job) Pod {
	return Pod{Pod: jobpod.Pod{Namespace: j.Namespace, Job: j.Name}, Node: j.Annotations[NodeAnnotation]}
}

// staysAfter is how long a pod that was deleted may take to disappear; its containers have one second to exit.
const staysAfter = 3 * time.Second

// warnIfStays warns of a pod of p's deleted Job that does not disappear: only the kubelet can tell that its containers have exited.
func (m *Manager) warnIfStays(ctx context.Context, p Pod) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*staysAfter)
	defer cancel()
	o := metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + p.Job, Limit: 1}
	for start := time.Now(); ; time.Sleep(300 * time.Millisecond) {
		pods, err := m.Clients.CoreV1().Pods(p.Namespace).List(ctx, o)
		if err != nil || len(pods.Items) == 0 {
			return
		}
		if time.Since(start) > staysAfter {
			if pods.Items[0].DeletionTimestamp != nil { // else it could not be removed, which is said elsewhere
				m.Notes.Warnf("pod/%s in namespace %s stays Terminating until the kubelet of node %s is back",
					pods.Items[0].Name, p.Namespace, p.Node)
			}
			return
		}
	}
}
