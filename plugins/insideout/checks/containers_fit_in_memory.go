package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ContainersFitInMemory finds OOM-killed containers.
var ContainersFitInMemory = &check.Check{
	Code: "INS0109",
	Name: "containers-fit-in-memory",
	Hop:  hopPod,
	Doc: `the containers stay within their memory limits

A container that needs more memory than its limit is OOM-killed: signal 9, reason OOMKilled.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/"},
	After:   []*check.Check{ContainersAreCreated, VolumesAreMounted},
	Needs:   []check.Need{facts.Service, facts.Pods},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) {
			return containerProblem(pod, func(c podhealth.Container) (string, string) {
				if c.Ready || !outOfMemory(c) {
					return "", ""
				}
				return "was OOM-killed" + restarted(c),
					"it needs more memory than its limit, or than the node has"
			})
		})
		fs := podFinding(s, pods, found)
		if len(found) > 0 {
			fs[0].Fixes = []check.Fix{fix("raise the container's memory limit, or reduce its memory use",
				cmdline.Kubectl("get", "pod", found[0].pod.Name, "-n", s.Namespace, "-o", "jsonpath={.spec.containers[*].resources}"),
			)}
		}
		return fs, nil
	},
}

func outOfMemory(c podhealth.Container) bool {
	if c.State.Phase == podhealth.Terminated {
		return c.State.Reason == "OOMKilled"
	}
	return c.Last.Reason == "OOMKilled"
}
