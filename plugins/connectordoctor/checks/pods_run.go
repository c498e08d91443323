package checks

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PodsRun finds pods that use a connection and do not run, whatever the reason.
var PodsRun = &check.Check{
	Code: "CON0901",
	Name: "pods-run",
	Hop:  hopPods,
	Doc: `the pods that use the connection run, and Jobs that use it have not failed

The app itself may not find what it needs, although the connection is in order. Why a program exits only its log tells; that is not read.`,
	Sources: []string{
		"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
		"https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
	},
	Needs: provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		of := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			if c.Failed.Status != "" {
				found = append(found, jobGaveUp(p, c))
				continue
			}
			var all []podhealth.Pod
			for _, pod := range of[c.Ref.String()] {
				all = append(all, pod.Pod)
			}
			problems := podhealth.Problems(all, stopped(pods.At))
			if justCreated(p, pods.At) {
				problems = slices.DeleteFunc(problems, func(problem podhealth.Problem) bool {
					summary, _ := unconfigured(problem.Pod)
					return summary != ""
				})
			}
			if len(problems) > 0 {
				f := podFinding(problems, s.Namespace, len(all))
				f.Severity = check.Warning
				pod := problems[0].Pod
				f.Fixes = []check.Fix{fix("see its events and its log", cmdline.Kubectl("describe", "pod", pod.Name, "-n", s.Namespace),
					cmdline.Kubectl("logs", pod.Name, "-n", s.Namespace, "--all-containers"))}
				if without := without(s, c, pod, pods.At); without != "" {
					f.Cause = without
				}
				found = append(found, f)
			}
		}
		return found, nil
	},
}

// jobGaveUp returns the finding about a Job that has failed, perhaps before its Secret existed.
func jobGaveUp(p *check.Pass, c facts.Consumer) check.Finding {
	f := check.Finding{
		Severity: check.Warning, Target: c.Ref,
		Summary: fmt.Sprintf("%s failed: %s", c.Ref, cmp.Or(c.Failed.Reason, "no reason given")),
		Cause:   cmp.Or(c.Failed.Message, "its pods failed") + "; a Job that has failed is not tried again",
		Fixes: []check.Fix{fix("see its events; delete it and create it again",
			cmdline.Kubectl("describe", c.Ref.String(), "-n", c.Ref.Namespace))},
	}
	if secret, err := facts.Secret.Get(p); err == nil && secret.Exists && secret.Created.After(c.Failed.Since) {
		f.Cause = "it failed before the Secret of the connection was created; a Job that has failed is not tried again"
	}
	return f
}

// stopped describes a pod that does not run, or is not Ready for minutes.
func stopped(at time.Time) func(podhealth.Pod) (summary, cause string) {
	return either(podhealth.Unscheduled, inContainer(podhealth.Unpulled), inContainer(podhealth.Uncreated), inContainer(podhealth.Exiting(at)),
		inContainer(podhealth.Initializing(at)),
		func(pod podhealth.Pod) (string, string) {
			const long = 2 * time.Minute
			ready := pod.Condition("Ready")
			if ready.Since.IsZero() || at.Sub(ready.Since) < long {
				return "", ""
			}
			return "is not Ready", cmp.Or(ready.Message, "its kubelet gives no reason")
		})
}

// without returns that the init container which stops the pod takes no variable from the Secret, while others do; empty if that is not so.
func without(s subject, c facts.Consumer, pod podhealth.Pod, at time.Time) string {
	failing, _, _, ok := pod.ContainerProblem(podhealth.Exiting(at))
	uses := c.Template.Of(s.Secret)
	if !ok || !failing.Init || len(uses) == 0 ||
		slices.ContainsFunc(uses, func(u facts.Use) bool { return u.Container == "" || u.Container == failing.Name }) {
		return ""
	}
	return fmt.Sprintf("init container %s takes no variable from Secret %s, container %s does", failing.Name, s.Secret, uses[0].Container)
}
