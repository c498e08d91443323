package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// rejectedLately is how long the rejection of a pod counts as the state of its workload.
const rejectedLately = 10 * time.Minute

// rejected returns the newest pod that a kubelet turned away, if no other runs: it is why there is none. A pod of which a container ran,
// such as one that was evicted later, was not turned away.
func rejected(pods facts.PodList) (podhealth.Pod, bool) {
	var newest podhealth.Pod
	for _, p := range pods.Items {
		ran := slices.ContainsFunc(p.Containers, func(c podhealth.Container) bool {
			return c.State.Phase == podhealth.Running || c.State.Phase == podhealth.Terminated
		})
		turnedAway := p.Phase == "Failed" && p.Reason != "" && !ran && pods.At.Sub(p.Created) < rejectedLately
		switch {
		case turnedAway && !p.Created.Before(newest.Created):
			newest = p
		case p.Alive() && (p.Phase != "Pending" || pods.At.Sub(p.Created) > schedulingGrace):
			return newest, false
		}
	}
	return newest, newest.Name != ""
}

// rejectedPods is the finding on pods that a kubelet turned away.
func rejectedPods(s facts.ServiceInfo, pod podhealth.Pod) check.Finding {
	return check.Finding{
		Severity: check.Error, Target: podRef(s, pod),
		Summary: fmt.Sprintf("node %s rejected pod %s: %s", or(pod.Node, "of the pod"), pod.Name, pod.Reason),
		Cause:   or(pod.Message, "the kubelet gives no further reason"),
		Fixes: []check.Fix{fix("correct the pod template, or what the node allows",
			cmdline.Kubectl("describe", "pod", pod.Name, "-n", s.Namespace), cmdline.Kubectl("describe", "nodes"),
		)},
	}
}
