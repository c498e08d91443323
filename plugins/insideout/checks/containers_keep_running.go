package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// manyRestarts and recentWindow define when a container that is ready now counts as restarting: so many restarts, the last so
// recent.
const (
	manyRestarts = 3
	recentWindow = 2 * time.Minute
)

// ContainersKeepRunning finds containers that exit.
var ContainersKeepRunning = &check.Check{
	Code: "INS0108",
	Name: "containers-keep-running",
	Hop:  hopPod,
	Doc: `the containers keep running

A container that exits is restarted, each time later (CrashLoopBackOff: up to 5 minutes). Its exit code and the end of its
log say why it exited.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy"},
	After:   []*check.Check{InitContainersComplete},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.PodEvents, facts.Logs},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return containerProblem(pod, appCrashed) })
		found = append(found, flapping(pods)...)
		if len(found) == 0 {
			return nil, nil
		}
		if mayBeKill(found) {
			events, err := facts.PodEvents.Get(p)
			if err != nil {
				return nil, fmt.Errorf("%s %s; whether a failed probe or hook caused that is unknown: %w", found[0].subject(), found[0].summary, err)
			}
			for i, t := range found {
				if e, ok := events.Last("pod/"+t.pod.Name, "FailedPostStartHook"); ok && t.container.PostStart {
					found[i].cause = "its postStart hook failed, for which the kubelet kills the container: " + e.Message
				}
			}
			found = without(found, func(t podProblem) bool {
				_, liveness := probeFailure(t.pod, t.container, "liveness", events)
				_, startup := probeFailure(t.pod, t.container, "startup", events)
				return liveness || startup
			})
		}
		return withLog(p, s, podFinding(s, pods, found), found), nil
	},
}

// appCrashed describes how one of the app's own containers exited; empty if it did not, or is ready.
func appCrashed(c podhealth.Container) (summary, cause string) {
	if c.Init && !c.Sidecar || c.Ready || outOfMemory(c) {
		return "", ""
	}
	return crashed(c)
}

// crashed describes how the container exited, now or before its last restart; empty if it did not.
func crashed(c podhealth.Container) (summary, cause string) {
	last := c.Last
	if c.State.Phase == podhealth.Terminated {
		last = c.State
	}
	completed := c.Init && !c.Sidecar && c.State.Phase == podhealth.Terminated && c.State.ExitCode == 0
	if last.Phase != podhealth.Terminated || notStarted(last) || completed {
		return "", ""
	}
	return fmt.Sprintf("exited with code %d", last.ExitCode) + restarted(c), exitMeaning(last)
}

// restarted continues a sentence with the number of restarts. Why the container exited earlier is unknown.
func restarted(c podhealth.Container) string {
	switch c.Restarts {
	case 0:
		return ""
	case 1:
		return ", restarted once"
	}
	return fmt.Sprintf(", restarted %d times", c.Restarts)
}

// exitMeaning explains an exit code as far as it has a meaning of its own
// (https://tldp.org/LDP/abs/html/exitcodes.html).
func exitMeaning(s podhealth.State) string {
	switch {
	case s.ExitCode == 0:
		return "the program exited without an error, but should keep running"
	case s.ExitCode == 126:
		return "the command exists but cannot be executed"
	case s.ExitCode == 127:
		return "a shell in the container did not find a command"
	case s.ExitCode > 128 && s.ExitCode < 160:
		return fmt.Sprintf("the program was terminated by signal %d", s.ExitCode-128)
	}
	return "the program exited with an error"
}

// flapping returns containers that are ready now and were restarted often and recently.
func flapping(pods facts.PodList) []podProblem {
	var found []podProblem
	for _, p := range pods.Alive() {
		if !p.Ready() {
			continue
		}
		if t, ok := containerProblem(p, func(c podhealth.Container) (string, string) {
			if c.Restarts < manyRestarts || c.Last.Phase != podhealth.Terminated || pods.At.Sub(c.Last.Since) > recentWindow || outOfMemory(c) {
				return "", ""
			}
			return crashed(c)
		}); ok {
			found = append(found, t)
		}
	}
	return found
}

// mayBeKill reports whether a failed probe or postStart hook may be why one of the containers exited.
func mayBeKill(problems []podProblem) bool {
	for _, t := range problems {
		if t.container.Probes["liveness"].Kind != "" || t.container.Probes["startup"].Kind != "" || t.container.PostStart {
			return true
		}
	}
	return false
}

func without(problems []podProblem, unwanted func(podProblem) bool) []podProblem {
	var left []podProblem
	for _, t := range problems {
		if !unwanted(t) {
			left = append(left, t)
		}
	}
	return left
}

// withLog adds the end of the first container's log to the finding, and a fix that shows the whole. The verdict does not depend on it.
func withLog(p *check.Pass, s facts.ServiceInfo, fs []check.Finding, found []podProblem) []check.Finding {
	if len(found) == 0 {
		return fs
	}
	t := found[0]
	source := cmdline.Kubectl("logs", t.pod.Name, "-n", s.Namespace, "-c", t.container.Name)
	if t.container.Last.Phase == podhealth.Terminated {
		source = source.With("--previous")
	}
	fs[0].Fixes = []check.Fix{fix("read the container's log, and correct what it reports", source)}
	if tail := addLog(p, &fs[0], t); tail != nil {
		fs[0].Fixes[0].Commands = []cmdline.Command{tail.Command()}
	}
	return fs
}

// addLog adds the end of the container's log to the finding and its cause, and returns it; nil if there is none.
func addLog(p *check.Pass, f *check.Finding, t podProblem) *facts.LogTail {
	logs, err := facts.Logs.Get(p)
	tail, ok := logs[t.pod.Name+"/"+t.container.Name]
	switch {
	case facts.IsNotHeld(err):
	case err != nil:
		f.Cause += "; its log could not be read: " + err.Error()
	case ok && tail.Error != "":
		f.Cause += "; its log could not be read: " + tail.Error
	case ok:
		f.Evidence = []check.Evidence{{Source: tail.Command(), Lines: tail.Lines}}
		if last := len(tail.Lines) - 1; tail.Complaint != "" {
			f.Cause += fmt.Sprintf("; its log says %q, and then how it is used", redact.Short(tail.Complaint, maxLogLine))
		} else if last >= 0 {
			f.Cause += fmt.Sprintf("; its log ends with %q", redact.Short(tail.Lines[last], maxLogLine))
		}
		return &tail
	}
	return nil
}

// maxLogLine is how many bytes of a log's last line are quoted in a cause.
const maxLogLine = 160
