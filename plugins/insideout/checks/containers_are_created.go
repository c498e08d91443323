package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ContainersAreCreated finds containers that the runtime cannot create or start.
var ContainersAreCreated = &check.Check{
	Code: "INS0105",
	Name: "containers-are-created",
	Hop:  hopPod,
	Doc: `the containers are created and started

It fails on a ConfigMap, Secret or key that an environment variable references and that does not exist, a user that the
security context forbids, a command that the image lacks, or a sandbox that the network plug-in cannot set up.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	After:   []*check.Check{ImagesArePulled},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.PodEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, uncreated)
		if len(found) == 0 && len(problems(pods, creating)) > 0 {
			events, err := facts.PodEvents.Get(p)
			if err != nil {
				return nil, err
			}
			found = problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return noSandbox(pod, events) })
		}
		fs := podFinding(s, pods, found)
		if len(found) > 0 {
			fs[0].Fixes = []check.Fix{fix("correct the pod template, or create what it references",
				cmdline.Kubectl("describe", "pod", found[0].pod.Name, "-n", s.Namespace),
			)}
		}
		return fs, nil
	},
}

func uncreated(p podhealth.Pod) (podProblem, bool) {
	return containerProblem(p, func(c podhealth.Container) (string, string) {
		if c.State.Phase == podhealth.Waiting && podhealth.CreateFailed(c.State.Reason) {
			return "cannot be created: " + c.State.Reason, or(c.State.Message, c.Last.Message)
		}
		for _, state := range []podhealth.State{c.State, c.Last} {
			if notStarted(state) {
				return "cannot be started: " + state.Reason, state.Message
			}
		}
		return "", ""
	})
}

// notStarted reports whether the container terminated because its command could not be run.
func notStarted(s podhealth.State) bool {
	return s.Phase == podhealth.Terminated && (s.Reason == "StartError" || s.Reason == "ContainerCannotRun")
}

// creating reports whether the pod waits for its volumes or its sandbox.
func creating(p podhealth.Pod) (podProblem, bool) {
	return containerProblem(p, func(c podhealth.Container) (string, string) {
		if c.State.Phase == podhealth.Waiting && (c.State.Reason == "ContainerCreating" || c.State.Reason == "PodInitializing") {
			return "is being created", ""
		}
		return "", ""
	})
}

func noSandbox(p podhealth.Pod, events podhealth.Events) (podProblem, bool) {
	if _, ok := creating(p); !ok {
		return podProblem{}, false
	}
	e, ok := events.Last("pod/"+p.Name, "FailedCreatePodSandBox")
	return podProblem{summary: "has no sandbox: " + e.Reason, cause: e.Message}, ok
}
