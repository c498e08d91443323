package facts

import (
	"context"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// LogTail is the end of the log of a container.
type LogTail struct {
	Namespace string   `json:"namespace"`
	Pod       string   `json:"pod"`
	Container string   `json:"container"`
	Previous  bool     `json:"previous,omitempty"` // of the container before its last restart
	Lines     []string `json:"lines,omitempty"`    // without secrets
	Error     string   `json:"error,omitempty"`    // why it could not be read
	// Omitted reports whether the lines were left out, since the bundle would hold them.
	Omitted bool `json:"left,omitempty"`
}

// Command returns the command that shows the whole log.
func (t LogTail) Command() cmdline.Command {
	command := cmdline.Kubectl("logs", t.Pod, "-n", t.Namespace, "-c", t.Container)
	if t.Previous {
		return command.With("--previous")
	}
	return command
}

// LogLines is how many of the last lines of a log are read.
const LogLines = 10

const (
	logBytes   = 8 << 10
	logTimeout = 5 * time.Second // logs come through the tunnel, which may be broken
	maxLogs    = 3
)

// Logs are the last lines of the first containers that exited, do not become ready or, of init containers, run; by "pod/container".
var Logs = &Fact[map[string]LogTail]{
	Name:   "logs",
	Needs:  []check.Need{Pods},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods/log", "get")},
	Gather: func(ctx context.Context, e *Env) (map[string]LogTail, []check.Evidence, error) {
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		tails := map[string]LogTail{}
		for _, of := range []func(podhealth.Container) (previous, wanted bool){stopped, unready(pods.At)} {
			for _, p := range pods.Alive() {
				for _, c := range p.Containers {
					previous, wanted := of(c)
					if _, known := tails[p.Name+"/"+c.Name]; wanted && !known && len(tails) < maxLogs {
						tails[p.Name+"/"+c.Name] = tail(ctx, e, p.Name, c.Name, previous)
					}
				}
			}
		}
		return tails, nil, nil
	},
}

// stopped reports whether the container is not ready and has exited, or initializes the pod, and whether its log is that of the instance
// before.
func stopped(c podhealth.Container) (previous, wanted bool) {
	previous = c.State.Phase != podhealth.Terminated && c.Last.Phase == podhealth.Terminated
	exited := c.State.Phase == podhealth.Terminated && c.State.ExitCode != 0
	initializes := c.Init && !c.Sidecar && c.State.Phase == podhealth.Running
	return previous, !c.Ready && (previous || exited || initializes)
}

// unreadyGrace is how long a container may run before it counts as not becoming ready.
const unreadyGrace = 10 * time.Second

// unready reports whether the container runs and has not become ready by the time.
func unready(at time.Time) func(podhealth.Container) (previous, wanted bool) {
	return func(c podhealth.Container) (bool, bool) {
		return false, !c.Ready && c.State.Phase == podhealth.Running && c.Probes["readiness"].Kind != "" && at.Sub(c.State.Since) > unreadyGrace
	}
}

func tail(ctx context.Context, e *Env, pod, container string, previous bool) LogTail {
	t := LogTail{Namespace: e.Target.Namespace, Pod: pod, Container: container, Previous: previous}
	if !e.Logs {
		t.Omitted = true
		return t
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	stream, err := e.Clients.CoreV1().Pods(e.Target.Namespace).GetLogs(pod, &corev1.PodLogOptions{
		Container: container, Previous: previous, TailLines: ptr.To[int64](LogLines), LimitBytes: ptr.To[int64](logBytes),
	}).Stream(ctx)
	if err != nil {
		t.Error = redact.Message(kube.NameDenied(err).Error())
		return t
	}
	defer stream.Close()
	text, err := io.ReadAll(io.LimitReader(stream, logBytes))
	if err != nil {
		t.Error = redact.Message(err.Error())
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && len(t.Lines) < LogLines {
			t.Lines = append(t.Lines, redact.Secrets(redact.Line(line)))
		}
	}
	return t
}
