package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// startGrace is how long a pod or container may take to become ready without a reason.
const startGrace = 20 * time.Second

// PodsAreReady reports the pods that no other check of the hop explains.
var PodsAreReady = &check.Check{
	Code: "INS0115",
	Name: "pods-are-ready",
	Hop:  hopPod,
	Doc: `the pods are Ready

A Service sends traffic to Ready pods only. Pods that are still starting are reported as info while others serve.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions"},
	After:   []*check.Check{ReadinessGatesAreTrue},
	Needs:   []check.Need{facts.Service, facts.Pods},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok {
			return nil, err
		}
		isStarting := true
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) {
			if p.Claimed(podRef(s, pod)) {
				return podProblem{}, false
			}
			isStarting = isStarting && starting(pod, pods.At)
			c := pod.Condition("Ready")
			return podProblem{
				summary: fmt.Sprintf("is not Ready %s after its creation", ago(pods.At, pod.Created)),
				cause:   or(c.Message, or(c.Reason, "the kubelet has not reported on it")),
			}, true
		})
		fs := podFinding(s, pods, found, fix("wait, and watch the pods",
			cmdline.Kubectl("get", "pods", "-n", s.Namespace, "-l", selectorText(s), "--watch"),
		))
		if len(fs) > 0 && (s.PublishNotReady || isStarting && fs[0].Severity == check.Warning) {
			fs[0].Severity = check.Info
		}
		return fs, nil
	},
}

// pullGrace is how long the pull of an image may take, such as one of Windows or on a new node, without a reason.
const pullGrace = 5 * time.Minute

// starting reports whether the pod is still starting, as far as is known.
func starting(p podhealth.Pod, at time.Time) bool {
	if at.Sub(p.Created) < startGrace {
		return true
	}
	if _, ok := creating(p); ok {
		return at.Sub(p.Created) < pullGrace
	}
	_, ok := containerProblem(p, func(c podhealth.Container) (string, string) {
		kind := "readiness"
		if c.Probes["startup"].Kind != "" && !c.Started {
			kind = "startup"
		}
		if !c.Ready && c.State.Phase == podhealth.Running && at.Sub(c.State.Since) < failureWindow(c.Probes[kind]) {
			return "starts", ""
		}
		return "", ""
	})
	return ok
}
