// Package jobpod creates a pod as the pod of a Job, watches it start, and removes both. A Job is the only built-in object that is removed
// even if its client was killed: by activeDeadlineSeconds and ttlSecondsAfterFinished.
package jobpod

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/kube"
)

// Labels of every object that the suite creates.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "akstools"
	ComponentLabel = "app.kubernetes.io/component"
)

// FinishedTTL is how long the API server keeps a finished Job whose client did not remove it.
const FinishedTTL = 60 * time.Second

// RemovalLimit is how long a removal may take. It continues after the command's own context is done.
const RemovalLimit = 15 * time.Second

// deleteLimit is how long one request of a removal may take before it is repeated on a new connection.
const deleteLimit = 4 * time.Second

// Notes receives messages for the user: which objects are created and removed, and warnings.
type Notes interface {
	Notef(format string, args ...any)
	Warnf(format string, args ...any)
	Stepf(format string, args ...any)
	// Creating announces an object that is created on the node and removed at the end; component is its ComponentLabel.
	Creating(component, object, namespace, node string)
}

// Pod names a Job and its pod.
type Pod struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	Job       string    `json:"job"`
	JobUID    types.UID `json:"jobUID"`
}

// Maker creates and removes pods in one cluster as one user.
type Maker struct {
	Clients *kube.Clients
	Notes   Notes
}

// Rights returns the permissions needed to create, watch and remove the Job's pod in the namespace.
func Rights(namespace string) []kube.Right {
	return []kube.Right{
		{Verb: "create", Group: "batch", Resource: "jobs", Namespace: namespace},
		{Verb: "delete", Group: "batch", Resource: "jobs", Namespace: namespace},
		{Verb: "get", Resource: "pods", Namespace: namespace},
		{Verb: "list", Resource: "pods", Namespace: namespace},
		{Verb: "watch", Resource: "pods", Namespace: namespace},
	}
}

// OptionalRights returns permissions that Admit and Start use but do without: to find the policy that denies the pod, to create the pod
// if the controller manager does not, and to tell why the pod does not start.
func OptionalRights(namespace string) []kube.Right {
	return []kube.Right{
		{Verb: "create", Resource: "pods", Namespace: namespace},
		{Verb: "list", Resource: "events", Namespace: namespace},
		{Verb: "watch", Resource: "events", Namespace: namespace},
	}
}

// ExecRights returns the permissions needed for the subresources of the pod. WebSocket connections need get, SPDY connections create.
func ExecRights(namespace string, subresources ...string) []kube.Right {
	var rights []kube.Right
	for _, sub := range subresources {
		for _, verb := range []string{"create", "get"} {
			rights = append(rights, kube.Right{Verb: verb, Resource: "pods", Subresource: sub, Namespace: namespace})
		}
	}
	return rights
}

// Remove deletes the Job and its pod, even if ctx is done. It prints a warning if that fails.
func (m *Maker) Remove(ctx context.Context, p Pod, leftover string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), RemovalLimit)
	defer cancel()
	if err := m.Delete(ctx, p); err != nil {
		m.Notes.Warnf("removing job/%s in namespace %s failed (%v); %s", p.Job, p.Namespace, err, leftover)
		return
	}
	m.Notes.Stepf("removed job/%s in namespace %s", p.Job, p.Namespace)
}

// Delete deletes the Job, so that no second pod is created, and then its pod.
func (m *Maker) Delete(ctx context.Context, p Pod) error {
	o := metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}
	if p.JobUID != "" {
		o.Preconditions = metav1.NewUIDPreconditions(string(p.JobUID))
	}
	err := m.Clients.Retry(ctx, deleteLimit, func(ctx context.Context) error {
		return m.Clients.BatchV1().Jobs(p.Namespace).Delete(ctx, p.Job, o)
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if p.Name != "" {
		m.deletePod(ctx, p.Namespace, p.Name, p.UID)
	}
	return nil
}

// deletePod deletes a pod of a deleted Job. The garbage collector does the same later, if it is running, so errors are ignored and
// permission to delete pods is not necessary.
func (m *Maker) deletePod(ctx context.Context, namespace, name string, uid types.UID) {
	_ = m.Clients.CoreV1().Pods(namespace).Delete(ctx, name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(uid))})
}
