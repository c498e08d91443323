package facts

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
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
	// Complaint is what a program says before it explains its usage, which then fills Lines; empty: it does not.
	Complaint string `json:"complaint,omitempty"`
	Error     string `json:"error,omitempty"` // why it could not be read
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
	usageLines = 100 // that are read where the last ones may be the end of a program's usage
	usageBytes = 64 << 10
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
	var err error
	if t.Lines, err = lastLines(ctx, e, t, LogLines, logBytes); err != nil {
		t.Error = redact.Message(kube.NameDenied(err).Error())
	}
	if t.Complaint = complaint(t.Lines); t.Complaint == "" && len(t.Lines) == LogLines && indented(t.Lines[1:]) {
		more, _ := lastLines(ctx, e, t, usageLines, usageBytes) // what it says before its usage is a help, no more
		t.Complaint = complaint(more)
	}
	return t
}

// lastLines returns the last lines of the log, at most bytes of them, without secrets. If it fails, it returns those that it has read.
func lastLines(ctx context.Context, e *Env, t LogTail, number, bytes int64) (lines []string, err error) {
	return cluster.LastLines(ctx, e.Clients, t.Namespace, t.Pod, &corev1.PodLogOptions{
		Container: t.Container, Previous: t.Previous, TailLines: &number, LimitBytes: &bytes,
	})
}

// indented reports whether all lines begin with a blank, as those of a usage do.
func indented(lines []string) bool {
	return !slices.ContainsFunc(lines, func(l string) bool { return !strings.HasPrefix(l, " ") })
}

// complaint returns the line before a program's usage at the end of its log, as Go's package flag and others print it; empty if there is
// none.
func complaint(lines []string) string {
	for i := len(lines) - 1; i > 0; i-- {
		if strings.HasPrefix(strings.ToLower(lines[i]), "usage") {
			return lines[i-1]
		}
		if !strings.HasPrefix(lines[i], " ") {
			return ""
		}
	}
	return ""
}
