// Package nodepod creates a privileged pod on a node, shares it between the processes of one user, and removes it. A command that
// enters the namespaces of the node's pid 1 from this pod runs on the node. The pod needs no image pull. It exits by itself when no
// client is left, and it belongs to a Job, so that it is deleted even if the client was killed.
package nodepod

import (
	"sync"
	"time"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// Component and annotations of node pods.
const (
	Component = "node-pod"
	// NodeAnnotation and those below record the node, the user, the --reason and the subcommand; never the remote command.
	NodeAnnotation       = "akstools.dev/node"
	UserAnnotation       = "akstools.dev/user"
	ReasonAnnotation     = "akstools.dev/reason"
	SubcommandAnnotation = "akstools.dev/subcommand"
)

// Selector selects the Jobs and pods of this package.
const Selector = jobpod.ManagedByLabel + "=" + jobpod.ManagedBy + "," + jobpod.ComponentLabel + "=" + Component

// containerName is the pod's only container.
const containerName = "node"

// Options configure a node pod.
type Options struct {
	Namespace      string
	Image          string        // empty: one that is already running on the node
	IdleTimeout    time.Duration // how long the pod outlives its last client
	MaxDuration    time.Duration // how long it may live at most
	RunningTimeout time.Duration // how long it may take to start
	Subcommand     string        // for the annotations
	Reason         string        // the user's --reason, for the annotations; may be empty
	Connect        bool          // connections to the pod's own ports will be made, which needs further permissions
}

// Pod is a running node pod.
type Pod struct {
	jobpod.Pod
	Node string `json:"node"`
	// IdleTimeout is the one that the pod was created with.
	IdleTimeout time.Duration `json:"idleTimeout"`
	// Until is when the pod is terminated at the latest.
	Until time.Time `json:"until"`
}

// Container returns the container to exec into and attach to.
func (p Pod) Container() kube.Container {
	return kube.Container{Namespace: p.Namespace, Pod: p.Name, Name: containerName}
}

// Manager creates, shares and removes node pods in one cluster as one user. It is safe for concurrent use.
type Manager struct {
	Clients *kube.Clients
	Notes   jobpod.Notes

	othersOnce sync.Once // for the warning that others may exec into its pods
}
