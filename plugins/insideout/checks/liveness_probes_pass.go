package checks

import (
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// LivenessProbesPass finds containers that the kubelet restarts because of their liveness probe.
var LivenessProbesPass = &check.Check{
	Code: "INS0110",
	Name: "liveness-probes-pass",
	Hop:  hopPod,
	Doc: `the liveness probes pass

The kubelet restarts a container whose liveness probe fails failureThreshold times in a row, whether the app works or not.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"},
	After:   []*check.Check{InitContainersComplete},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.PodEvents},
	Run:     func(p *check.Pass) ([]check.Finding, error) { return probeKills(p, "liveness") },
}

// probeKills returns a finding on the containers that the kubelet terminated because their probe of the kind failed.
func probeKills(p *check.Pass, kind string) ([]check.Finding, error) {
	s, pods, err := podFacts(p)
	if err != nil {
		return nil, err
	}
	suspects := problems(pods, func(pod podhealth.Pod) (podProblem, bool) {
		return containerProblem(pod, func(c podhealth.Container) (string, string) {
			if c.Probes[kind].Kind == "" || outOfMemory(c) {
				return "", ""
			}
			return appCrashed(c)
		})
	})
	for _, t := range flapping(pods) {
		if t.container.Probes[kind].Kind != "" {
			suspects = append(suspects, t)
		}
	}
	if len(suspects) == 0 {
		return nil, nil
	}
	events, err := facts.PodEvents.Get(p)
	if err != nil {
		return nil, err
	}
	var found []podProblem
	for _, t := range suspects {
		if e, ok := probeFailure(t.pod, t.container, kind, events); ok {
			t.summary = "is restarted by the kubelet: its " + kind + " probe fails"
			t.cause = probeText(t.container, kind) + ": " + e.Message
			found = append(found, t)
		}
	}
	fs := podFinding(s, pods, found)
	if len(found) > 0 {
		fs[0].Fixes = []check.Fix{fix("correct the "+kind+" probe, or give it more time",
			cmdline.Kubectl("describe", "pod", found[0].pod.Name, "-n", s.Namespace),
		)}
	}
	return fs, nil
}

// killWindow is the time around a container's termination in which the probe failure that caused it is reported. The kubelet
// waits for terminationGracePeriodSeconds, 30 seconds by default.
const killWindow = 2 * time.Minute

// probeFailure returns the failure of the container's probe that made the kubelet terminate it.
func probeFailure(p podhealth.Pod, c podhealth.Container, kind string, events podhealth.Events) (podhealth.Event, bool) {
	if c.Probes[kind].Kind == "" {
		return podhealth.Event{}, false
	}
	ended := c.Last.Since
	if c.State.Phase == podhealth.Terminated {
		ended = c.State.Since
	}
	all := events["pod/"+p.Name]
	for i := len(all) - 1; i >= 0; i-- {
		e := all[i]
		if e.Reason == "Unhealthy" && strings.HasPrefix(strings.ToLower(e.Message), kind) && e.Last.After(ended.Add(-killWindow)) {
			return e, true
		}
	}
	return podhealth.Event{}, false
}
