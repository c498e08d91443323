package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// VolumesAreMounted finds pods that wait for a volume. Only their events tell.
var VolumesAreMounted = &check.Check{
	Code: "INS0106",
	Name: "volumes-are-mounted",
	Hop:  hopPod,
	Doc: `the pods' volumes are mounted

A missing Secret or ConfigMap, a disk that is attached to another node or an unreachable share keeps a pod at
ContainerCreating.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/storage/"},
	After:   []*check.Check{PodsAreScheduled, NodesAreReady},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.PodEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil || len(problems(pods, creating)) == 0 {
			return nil, err
		}
		events, err := facts.PodEvents.Get(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return unmounted(pod, events) })
		fs := podFinding(s, pods, found)
		if len(found) > 0 {
			fs[0].Fixes = []check.Fix{fix("create what the volume references, or correct the reference",
				cmdline.Kubectl("describe", "pod", found[0].pod.Name, "-n", s.Namespace),
			)}
		}
		return fs, nil
	},
}

func unmounted(p podhealth.Pod, events podhealth.Events) (podProblem, bool) {
	if _, ok := creating(p); !ok {
		return podProblem{}, false
	}
	e, ok := events.Last("pod/"+p.Name, "FailedMount", "FailedAttachVolume", "FailedMapVolume")
	return podProblem{summary: "waits for a volume: " + e.Reason, cause: e.Message}, ok
}
