package nodepod

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/akstools/akstools/internal/jobpod"
)

// Owner tells who created a leftover.
type Owner string

// The owners of leftovers.
const (
	OwnerSelf         Owner = "you"           // this user, on this computer
	OwnerOther        Owner = "other"         // somebody else, or the same user on another computer
	OwnerKubectlDebug Owner = "kubectl-debug" // `kubectl debug node`, which never removes its pods
)

// State tells whether a leftover can be removed safely.
type State string

// The states of leftovers.
const (
	StateInUse    State = "in use"   // a process on this computer uses it
	StateRunning  State = "running"  // somebody may be using it
	StateUnused   State = "unused"   // this user's, and no process uses it
	StateFinished State = "finished" // it succeeded or failed
)

// Leftover is an existing node pod: a Job of ours, or a pod of kubectl debug.
type Leftover struct {
	Kind      string    `json:"kind"` // Job or Pod
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	Node      string    `json:"node"`
	Owner     Owner     `json:"owner"`
	// Unproven means that a Job of somebody else has our labels, but is not as this program creates it.
	Unproven bool      `json:"unproven,omitempty"`
	User     string    `json:"user,omitempty"`   // according to whoever created or changed the Job; empty if Unproven
	Reason   string    `json:"reason,omitempty"` // likewise
	State    State     `json:"state"`
	Created  time.Time `json:"created"`
}

// Ref returns "kind/name" as kubectl writes it.
func (l Leftover) Ref() string { return strings.ToLower(l.Kind) + "/" + l.Name }

// Expendable reports whether cleanup removes the leftover without being told to.
func (l Leftover) Expendable() bool {
	return l.Owner == OwnerSelf && l.State != StateInUse || l.Owner == OwnerOther && l.State == StateFinished && !l.Unproven
}

// Leftovers lists the node pods of the namespace, or of all namespaces if it is empty. It deletes this user's local records of Jobs in
// there that no longer exist.
func (m *Manager) Leftovers(ctx context.Context, namespace string) ([]Leftover, error) {
	jobs, err := m.Clients.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: Selector})
	if err != nil {
		return nil, fmt.Errorf("listing jobs: %w", err)
	}
	pods, err := m.Clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: jobpod.ManagedByLabel + "=kubectl-debug"})
	if err != nil {
		return nil, fmt.Errorf("listing pods: %w", err)
	}
	own := m.ownRecords()
	var all []Leftover
	for _, j := range jobs.Items {
		all = append(all, jobLeftover(j, own))
	}
	for _, r := range own {
		gone := !slices.ContainsFunc(jobs.Items, func(j batchv1.Job) bool { return r.matches(j.UID, j.Namespace, j.Name) })
		if gone && !r.inUse && (namespace == "" || namespace == r.Namespace) {
			r.store.forget(r.key, r.record)
		}
	}
	for _, p := range pods.Items {
		if strings.HasPrefix(p.Name, "node-debugger-") { // kubectl debug puts the same label on its other pods
			all = append(all, debugPodLeftover(p))
		}
	}
	slices.SortFunc(all, func(a, b Leftover) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// ownRecord is one of this user's records, and where it is stored.
type ownRecord struct {
	record
	store store
	key   string
	inUse bool // by a running process
}

func (m *Manager) ownRecords() (all []ownRecord) {
	dir, err := stateDir(m.Clients.ClusterKey())
	if err != nil {
		return nil
	}
	s := store{dir}
	for _, key := range s.keys() {
		if r, ok := s.read(key); ok {
			all = append(all, ownRecord{r, s, key, !s.unused(r.Use)})
		}
	}
	return all
}

func jobLeftover(j batchv1.Job, own []ownRecord) Leftover {
	l := Leftover{
		Kind: "Job", Namespace: j.Namespace, Name: j.Name, UID: j.UID, Created: j.CreationTimestamp.Time,
		Node: j.Annotations[NodeAnnotation], User: j.Annotations[UserAnnotation], Reason: j.Annotations[ReasonAnnotation],
		Owner: OwnerOther, State: StateRunning,
	}
	l.Unproven = !likeOurs(&j)
	if i := slices.IndexFunc(own, func(r ownRecord) bool { return r.matches(j.UID, j.Namespace, j.Name) }); i >= 0 {
		l.Owner, l.State, l.Unproven = OwnerSelf, StateUnused, false
		if own[i].inUse {
			l.State = StateInUse
		}
	}
	if l.Unproven {
		l.Node, l.User, l.Reason = j.Spec.Template.Spec.NodeName, "", ""
	}
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			l.State = StateFinished
		}
	}
	return l
}

func debugPodLeftover(p corev1.Pod) Leftover {
	l := Leftover{
		Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID, Created: p.CreationTimestamp.Time,
		Node: p.Spec.NodeName, Owner: OwnerKubectlDebug, State: StateRunning,
	}
	if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		l.State = StateFinished
	}
	return l
}

// Remove deletes the leftovers. It continues after an error and returns all errors joined.
func (m *Manager) Remove(ctx context.Context, leftovers []Leftover) error {
	var errs []error
	for _, l := range leftovers {
		if err := m.removeLeftover(ctx, l); err != nil {
			errs = append(errs, fmt.Errorf("removing %s in namespace %s: %w", l.Ref(), l.Namespace, err))
		}
	}
	return errors.Join(errs...)
}

func (m *Manager) removeLeftover(ctx context.Context, l Leftover) error {
	if l.Kind == "Pod" {
		o := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(l.UID))}
		return m.Clients.CoreV1().Pods(l.Namespace).Delete(ctx, l.Name, o)
	}
	if err := m.maker().Delete(ctx, jobpod.Pod{Namespace: l.Namespace, Job: l.Name, JobUID: l.UID}); err != nil {
		return err
	}
	if dir, err := stateDir(m.Clients.ClusterKey()); err == nil {
		s := store{dir}
		for _, key := range s.keys() {
			if r, ok := s.read(key); ok && r.matches(l.UID, l.Namespace, l.Name) {
				s.forget(key, r)
			}
		}
	}
	return nil
}
