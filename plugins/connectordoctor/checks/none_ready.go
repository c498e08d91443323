package checks

import (
	"cmp"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// noneReady returns why a Service has no ready endpoint, which pods of the Deployment are to be, and the fixes. show is how to see more.
func noneReady(d facts.Deployed, name string, show check.Fix) (cause string, fixes []check.Fix) {
	switch {
	case len(d.Deployments) == 0:
		return "Deployment kube-system/" + name + " does not exist", []check.Fix{azure("let AKS restore its add-on", ofCluster("update"))}
	case d.Deployments[0].Replicas == 0:
		return "Deployment kube-system/" + name + " is scaled to 0",
			[]check.Fix{fix("scale it to 2 replicas", cmdline.Kubectl("scale", "-n", system, "deployment/"+name, "--replicas=2"))}
	case len(d.Alive()) == 0:
		return "its pods cannot be created: " + rejection(d.Deployments[0].Failure.Message), []check.Fix{show}
	}
	problems := podhealth.Problems(d.Alive(), either(notRunning(d.At), func(pod podhealth.Pod) (string, string) {
		if event, ok := d.Events.Last("pod/"+pod.Name, "FailedMount", "FailedCreatePodSandBox"); ok {
			return "cannot start: " + event.Reason, event.Message
		}
		return "is not Ready", cmp.Or(pod.Condition("Ready").Message, "its kubelet reports no state")
	}))
	if len(problems) == 0 {
		return "its pods have become Ready just now, or its Service does not select them", []check.Fix{show}
	}
	return "pod " + problems[0].Pod.Name + " " + problems[0].Summary + ": " + problems[0].Cause, []check.Fix{show}
}

// notRunning describes a pod that does not start, or that keeps exiting at the time.
func notRunning(at time.Time) func(podhealth.Pod) (summary, cause string) {
	return either(podhealth.Unscheduled, inContainer(podhealth.Unpulled), inContainer(podhealth.Uncreated), inContainer(podhealth.Exiting(at)))
}
