// Package nodepod puts a privileged pod on a node and takes it away again. A command in it that enters the namespaces of
// the node's pid 1 runs on the node. The pod needs no image pull, ends by itself when no client is left, and is the pod
// of a Job, so that its object goes away even where the client was killed.
package nodepod

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/akstools/akstools/internal/kube"
)

// Labels and annotations of every object that the suite creates.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "akstools"
	ComponentLabel = "app.kubernetes.io/component"
	Component      = "node-pod"
	// NodeAnnotation and the following say on which node, who, why and by which subcommand; never the remote command.
	NodeAnnotation       = "akstools.dev/node"
	UserAnnotation       = "akstools.dev/user"
	ReasonAnnotation     = "akstools.dev/reason"
	SubcommandAnnotation = "akstools.dev/subcommand"
)

// Selector selects the Jobs and pods of this package.
const Selector = ManagedByLabel + "=" + ManagedBy + "," + ComponentLabel + "=" + Component

// containerName is the pod's only container.
const containerName = "node"

// Options say how a node pod is made.
type Options struct {
	Namespace      string
	Image          string        // empty: one that the node already runs
	IdleTimeout    time.Duration // how long the pod outlives its last client
	MaxDuration    time.Duration // how long it lives at most
	RunningTimeout time.Duration // how long it may take to start
	Subcommand     string        // for the annotations
	Reason         string        // the user's words, for the annotations; may be empty
}

// Pod is a node pod that runs.
type Pod struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	Job       string    `json:"job"`
	JobUID    types.UID `json:"jobUID"`
	Node      string    `json:"node"`
	// IdleTimeout is the one that the pod was made with.
	IdleTimeout time.Duration `json:"idleTimeout"`
}

// Container returns the place for exec and attach.
func (p Pod) Container() kube.Container {
	return kube.Container{Namespace: p.Namespace, Pod: p.Name, Name: containerName}
}

// Notes receives what the user should know while a pod is made: what is created and removed, and what is odd.
type Notes interface {
	Notef(format string, args ...any)
	Warnf(format string, args ...any)
	Stepf(format string, args ...any)
}

// Manager makes, shares and removes node pods in one cluster as one user.
type Manager struct {
	Clients *kube.Clients
	Notes   Notes
}
