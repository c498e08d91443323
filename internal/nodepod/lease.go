package nodepod

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/akstools/akstools/internal/jobpod"
)

// Lease is the use of a node pod by one process. The pod exists while any lease of it is held, and is removed when the last one is
// released.
type Lease struct {
	Pod Pod

	manager *Manager
	store   store
	key     string
	record  record
	use     *flock.Flock // nil if the pod is not shared with other processes
	stop    context.CancelFunc
	lost    atomic.Bool // the connection to the idle guard is broken
	unclaim func()      // deletes the record of a pod that is not shared; may be nil
}

// Acquire returns a lease of a node pod: one that other processes of this user are using, or a new one. The caller must Release it on
// every path. If the process dies instead, the pod's idle guard ends the pod.
func (m *Manager) Acquire(ctx context.Context, node string, o Options) (*Lease, error) {
	if err := checkName(node); err != nil {
		return nil, err // before the name becomes part of a file's name
	}
	dir, err := stateDir(m.Clients.ClusterKey())
	if err != nil {
		m.Notes.Stepf("not sharing pods with other sessions: %v", err)
		return m.private(ctx, node, o)
	}
	l := &Lease{manager: m, store: store{dir}, key: recordKey(node, o)}
	gate, err := l.store.gate(ctx, l.key)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		m.Notes.Stepf("not sharing pods with other sessions: %v", err)
		return m.private(ctx, node, o)
	}
	defer gate.Unlock() //nolint:errcheck // closing it frees the lock
	if l.join(ctx, o) {
		l.guard(ctx)
		return l, nil
	}
	if l.Pod, err = m.start(ctx, node, o); err != nil {
		return nil, err
	}
	l.store.keep(l.key)
	l.record = record{Pod: l.Pod, Use: newUse()}
	if l.use, err = l.store.use(l.record.Use); err == nil {
		err = l.store.write(l.key, l.record)
	}
	if err != nil {
		m.remove(ctx, l.Pod)
		return nil, fmt.Errorf("recording the node pod: %w", err)
	}
	l.guard(ctx)
	return l, nil
}

// private returns a lease of a new pod that is not shared with other processes.
func (m *Manager) private(ctx context.Context, node string, o Options) (*Lease, error) {
	pod, err := m.start(ctx, node, o)
	if err != nil {
		return nil, err
	}
	l := &Lease{Pod: pod, manager: m}
	l.guard(ctx)
	return l, nil
}

func (m *Manager) start(ctx context.Context, node string, o Options) (Pod, error) {
	d, err := m.prepare(ctx, node, [][]string{guardCommand(o.IdleTimeout)}, true, o)
	if err != nil {
		return Pod{}, err
	}
	pod, _, _, err := m.launch(ctx, d, jobpod.Running, false)
	return pod, err
}

// join takes a lease of the recorded pod and reports whether it did. The pod must still be the recorded one, be running, and have at
// least half of MaxDuration left.
func (l *Lease) join(ctx context.Context, o Options) bool {
	r, ok := l.store.read(l.key)
	if !ok || time.Until(r.Until) < o.MaxDuration/2 {
		return false
	}
	pod, err := l.manager.Clients.CoreV1().Pods(r.Namespace).Get(ctx, r.Name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return false // it may exist and be in use
	}
	if err != nil || !r.isRunning(pod) {
		if err == nil && pod.UID == r.UID && l.store.unused(r.Use) {
			l.manager.remove(ctx, r.Pod)
		}
		l.store.forget(l.key, r)
		return false
	}
	if l.use, err = l.store.use(r.Use); err != nil {
		return false
	}
	l.Pod, l.record = r.Pod, r
	l.manager.Notes.Stepf("using job/%s in namespace %s, created by another session of yours", r.Job, r.Namespace)
	return true
}

// isRunning reports whether the object is that of p, and running the container that p was created with.
func (p Pod) isRunning(object *corev1.Pod) bool {
	return object.UID == p.UID && object.DeletionTimestamp == nil && object.Status.Phase == corev1.PodRunning &&
		!jobpod.Restarted(object, containerName)
}

// guard keeps the pod's idle guard from ending it while the lease is held.
func (l *Lease) guard(ctx context.Context) {
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select { // there is time, a whole IdleTimeout: let the command's own stream connect first
		case <-ctx.Done():
		case <-time.After(min(time.Second, l.Pod.IdleTimeout/6)):
		}
		for ctx.Err() == nil {
			heartbeat := &heartbeat{ctx: ctx, every: l.Pod.IdleTimeout / 3, connected: func() { l.lost.Store(false) }}
			err := l.manager.Clients.Attach(ctx, l.Pod.Container(), remotecommand.StreamOptions{Stdin: heartbeat, Stdout: io.Discard})
			if ctx.Err() == nil {
				l.lost.Store(true)
				l.manager.Notes.Stepf("the connection to the pod's idle guard was lost (%v), reconnecting", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(min(time.Second, l.Pod.IdleTimeout/10)):
			}
		}
	}()
}

// heartbeat is a reader that returns an empty line at once and then after each interval, until ctx is done.
type heartbeat struct {
	ctx       context.Context
	every     time.Duration
	connected func() // called by each Read
	started   bool
}

func (h *heartbeat) Read(p []byte) (int, error) {
	h.connected()
	if h.started {
		select {
		case <-h.ctx.Done():
			return 0, io.EOF
		case <-time.After(h.every):
		}
	}
	h.started = true
	p[0] = '\n'
	return 1, nil
}

// Gone reports whether the pod no longer runs or is being deleted, so that a new one must be acquired. It returns false if that cannot
// be determined.
func (l *Lease) Gone(ctx context.Context) bool {
	pod, err := l.manager.Clients.CoreV1().Pods(l.Pod.Namespace).Get(ctx, l.Pod.Name, metav1.GetOptions{})
	if err != nil {
		return apierrors.IsNotFound(err)
	}
	return !l.Pod.isRunning(pod)
}

// Release gives the lease up and removes the pod if no other process uses it. It works even if the context of Acquire is done. If the
// pod could not be reached last, Release warns if it stays.
func (l *Lease) Release() {
	l.stop()
	ctx, cancel := context.WithTimeout(context.Background(), jobpod.RemovalLimit)
	defer cancel()
	if l.use == nil {
		l.remove(ctx)
		if l.unclaim != nil {
			l.unclaim()
		}
		return
	}
	if gate, err := l.store.gate(ctx, l.key); err == nil {
		defer gate.Unlock() //nolint:errcheck // closing it frees the lock
	}
	_ = l.use.Close()
	if !l.store.unused(l.record.Use) {
		return
	}
	l.remove(ctx)
	if current, ok := l.store.read(l.key); !ok || current.UID == l.Pod.UID {
		l.store.forget(l.key, l.record)
	} else {
		l.store.forget(keptKey(l.key, l.record), l.record)
	}
}

// remove removes the pod.
func (l *Lease) remove(ctx context.Context) {
	l.manager.remove(ctx, l.Pod)
	if l.lost.Load() {
		l.manager.warnIfStays(ctx, l.Pod)
	}
}
