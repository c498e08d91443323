package facts

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// LogTail is the end of a container's log.
type LogTail struct {
	Pod       string   `json:"pod,omitempty"` // empty: there is no log
	Container string   `json:"container,omitempty"`
	Previous  bool     `json:"previous,omitempty"` // of the container before its last restart
	Exited    bool     `json:"exited,omitempty"`   // the container has exited with an error
	Lines     []string `json:"lines,omitempty"`    // without secrets
	Error     string   `json:"error,omitempty"`    // why it could not be read
	// Omitted reports whether the lines were left out, since the bundle would hold them.
	Omitted bool `json:"omitted,omitempty"`
}

// Command returns the command that shows the whole log, of a pod of the namespace.
func (t LogTail) Command(namespace string) cmdline.Command {
	command := cmdline.Kubectl("logs", t.Pod, "-n", namespace, "-c", t.Container)
	if t.Previous {
		return command.With("--previous")
	}
	return command
}

const (
	logLines   = 10
	logBytes   = 8 << 10
	logTimeout = 5 * time.Second // logs come through the tunnel, which may be broken
	// recent is how old lines of a container may be that runs.
	recent = 10 * time.Minute
)

// read completes the tail with its lines, of a pod of the namespace; of a container that has not exited, with the recent ones.
func (t LogTail) read(ctx context.Context, e *Env, namespace string) LogTail {
	if !e.Logs {
		t.Omitted = true
		return t
	}
	o := &corev1.PodLogOptions{
		Container: t.Container, Previous: t.Previous, TailLines: ptr.To[int64](logLines), LimitBytes: ptr.To[int64](logBytes),
	}
	if !t.Exited {
		o.SinceSeconds = ptr.To(int64(recent.Seconds()))
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	var err error
	if t.Lines, err = cluster.LastLines(ctx, e.Clients, namespace, t.Pod, o); err != nil {
		t.Error = redact.Message(kube.NameDenied(err).Error())
	}
	return t
}
