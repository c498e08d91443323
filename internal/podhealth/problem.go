package podhealth

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Problem is a pod with what is wrong with it. Summary follows the pod's name.
type Problem struct {
	Pod            Pod
	Summary, Cause string
}

// Problems returns the problems that look finds in pods that are alive and not Ready; it returns an empty summary for none.
func Problems(pods []Pod, look func(Pod) (summary, cause string)) []Problem {
	var found []Problem
	for _, p := range NotReady(pods) {
		if summary, cause := look(p); summary != "" {
			found = append(found, Problem{p, summary, cause})
		}
	}
	return found
}

// Unscheduled describes a pod that waits for a node.
func Unscheduled(p Pod) (summary, cause string) {
	if c := p.Condition("PodScheduled"); c.Status == "False" {
		return "is not scheduled: " + cmp.Or(c.Message, c.Reason), "no node meets its requirements, or none has room"
	}
	return "", ""
}

// Unpulled describes a container whose image cannot be had.
func Unpulled(c Container) (summary, cause string) {
	if c.State.Phase == Waiting && PullFailed(c.State.Reason) {
		return "does not get its image " + c.Image + ": " + c.State.Reason, cmp.Or(c.State.Message, "the kubelet gives no message")
	}
	return "", ""
}

// Uncreated describes a container that cannot be created or started.
func Uncreated(c Container) (summary, cause string) {
	if c.State.Phase == Waiting && CreateFailed(c.State.Reason) {
		return "cannot start: " + c.State.Reason, cmp.Or(c.State.Message, "the kubelet gives no message")
	}
	return "", ""
}

// Unmounted describes a pod whose volumes or sandbox cannot be set up, by its events.
func (m Events) Unmounted(p Pod) (summary, cause string) {
	if event, ok := m.Last("pod/"+p.Name, "FailedMount", "FailedCreatePodSandBox"); ok && p.Starting() {
		return "cannot start: " + event.Reason, event.Message
	}
	return "", ""
}

// Starting reports whether the pod has a container that waits, or of which the kubelet has not told anything.
func (p Pod) Starting() bool {
	return slices.ContainsFunc(p.Containers, func(c Container) bool { return c.State.Phase == Waiting || c.State.Phase == "" })
}

// Initializing describes an init container that at the time has run for that long.
func Initializing(at time.Time, long time.Duration) func(Container) (summary, cause string) {
	return func(c Container) (string, string) {
		if !c.Init || c.Sidecar || c.State.Phase != Running || at.Sub(c.State.Since) < long {
			return "", ""
		}
		return fmt.Sprintf("is not initialized: init container %s still runs after %s", c.Name, at.Sub(c.State.Since).Round(time.Second)),
			"its log shows what it does; the other containers start after it"
	}
}

// Exiting describes a container that keeps exiting at the time.
func Exiting(at time.Time) func(Container) (summary, cause string) {
	return func(c Container) (string, string) {
		_, exit := c.Exited()
		if !c.keepsExiting(at) || exit.Phase != Terminated {
			return "", ""
		}
		if exit.Reason == OutOfMemory {
			return fmt.Sprintf("was OOM-killed, restarted %d times", c.Restarts), "its container reached its memory limit"
		}
		return fmt.Sprintf("keeps exiting: last exit code %d, restarted %d times", exit.ExitCode, c.Restarts),
			cmp.Or(exit.Message, "its process exits"+SeeLog)
	}
}

// SeeLog ends the cause of a container that exits, where only its log tells more. Who has read the log says what it shows in its place.
const SeeLog = "; its log shows why"

// OutOfMemory is the reason of a container that the kernel killed at its memory limit.
const OutOfMemory = "OOMKilled"

// keepsExiting reports whether the container has exited, or was restarted several times and has run only briefly at the given time.
func (c Container) keepsExiting(at time.Time) bool {
	switch c.State.Phase {
	case Terminated:
		return c.State.ExitCode != 0
	case Waiting:
		return c.State.Reason == "CrashLoopBackOff"
	case Running:
		return c.Restarts > 1 && at.Sub(c.State.Since) < 10*time.Minute
	}
	return false
}
