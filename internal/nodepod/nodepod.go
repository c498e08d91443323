// Package nodepod puts a privileged pod on a node and takes it away again. A command in it that enters the namespaces of
// the node's pid 1 runs on the node. The pod needs no image pull, ends by itself when no client is left, and is the pod
// of a Job, so that its object goes away even where the client was killed.
package nodepod

import (
	"time"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// Component and annotations of node pods.
const (
	Component = "node-pod"
	// NodeAnnotation and the following say on which node, who, why and by which subcommand; never the remote command.
	NodeAnnotation       = "akstools.dev/node"
	UserAnnotation       = "akstools.dev/user"
	ReasonAnnotation     = "akstools.dev/reason"
	SubcommandAnnotation = "akstools.dev/subcommand"
)

// Selector selects the Jobs and pods of this package.
const Selector = jobpod.ManagedByLabel + "=" + jobpod.ManagedBy + "," + jobpod.ComponentLabel + "=" + Component

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
	Connect        bool          // connections to the pod's own ports will be made, which takes rights of its own
}

// Pod is a node pod that runs.
type Pod struct {
	jobpod.Pod
	Node string `json:"node"`
	// IdleTimeout is the one that the pod was made with.
	IdleTimeout time.Duration `json:"idleTimeout"`
	// Until is when it is ended at the latest.
	Until time.Time `json:"until"`
}

// Container returns the place for exec and attach.
func (p Pod) Container() kube.Container {
	return kube.Container{Namespace: p.Namespace, Pod: p.Name, Name: containerName}
}

// Manager makes, shares and removes node pods in one cluster as one user.
type Manager struct {
	Clients *kube.Clients
	Notes   jobpod.Notes
}
