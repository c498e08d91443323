package checks

import (
	"cmp"
	"fmt"
	"maps"
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

The app itself may not find what it needs, although the connection is in order. Why a program exits is in its log, whose last
lines are read if the user has the permission to get pods/log.`,
	Sources: []string{
		"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
		"https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
	},
	Needs: provided(facts.Consumers, facts.ConsumerLogs),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		known := map[string]facts.Consumer{}
		for _, c := range list {
			known[c.Ref.String()] = c
			if c.FailedLately(pods.At) {
				f := jobGaveUp(p, c)
				sayFailure(p, c, pods, &f)
				found = append(found, f)
			}
		}
		of := pods.ByWorkload()
		for _, workload := range slices.Sorted(maps.Keys(of)) { // those of CronJobs' Jobs too
			var all []podhealth.Pod
			for _, pod := range of[workload] {
				all = append(all, pod.Pod)
			}
			problems := slices.Concat(podhealth.Problems(all, stopped(pods.At)), restarting(p, s, of[workload], pods.At))
			if justCreated(p, pods.At) {
				problems = slices.DeleteFunc(problems, func(problem podhealth.Problem) bool {
					summary, _ := unconfigured(problem.Pod)
					return summary != ""
				})
			}
			if len(problems) == 0 {
				continue
			}
			f := podFinding(problems, s.Namespace, len(all))
			f.Severity = check.Warning
			pod := problems[0].Pod
			f.Fixes = []check.Fix{fix("see its events and its log", cmdline.Kubectl("describe", "pod", pod.Name, "-n", s.Namespace),
				cmdline.Kubectl("logs", pod.Name, "-n", s.Namespace, "--all-containers"))}
			f.Cause += lacking(s, known[workload], pod, pods.At)
			if logs, err := facts.ConsumerLogs.Get(p); err == nil { // else the cause is only less certain
				sayLog(p, s.Namespace, pod, pods.At, logs, &f)
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// restarting returns the pods that are Ready at the time and yet exit again and again, since the Secret of the connection exists.
func restarting(p *check.Pass, s subject, pods []facts.ConsumerPod, at time.Time) (found []podhealth.Problem) {
	secret, err := facts.Secret.Get(p)
	for _, pod := range pods {
		_, summary, cause, ok := pod.ContainerProblem(func(c podhealth.Container) (string, string) {
			_, exit := c.Exited()
			// a container that takes a variable from the Secret cannot start before there is one
			needs := slices.ContainsFunc(pod.Use.Of(s.Secret), func(u facts.Use) bool { return u.Container == c.Name && !u.Optional })
			if since := err == nil && exit.Since.After(secret.Created) || err != nil && needs; !since || exit.ExitCode == 0 {
				return "", "" // it may have waited for the connection
			}
			return podhealth.Exiting(at)(c)
		})
		if ok && pod.Ready() && pod.Alive() {
			found = append(found, podhealth.Problem{Pod: pod.Pod, Summary: summary, Cause: cause})
		}
	}
	return found
}

// jobGaveUp returns the finding about a Job that has failed, perhaps before its Secret existed.
func jobGaveUp(p *check.Pass, c facts.Consumer) check.Finding {
	f := check.Finding{
		Severity: check.Warning, Target: c.Ref,
		Summary: fmt.Sprintf("%s failed at %s: %s", c.Ref, c.Failed.Since.Format(time.DateTime), cmp.Or(c.Failed.Reason, "no reason given")),
		Cause:   cmp.Or(c.Failed.Message, "its pods failed") + "; a Job that has failed is not tried again",
		Fixes: []check.Fix{fix("see its events; delete it and create it again",
			cmdline.Kubectl("describe", c.Ref.String(), "-n", c.Ref.Namespace))},
	}
	if secret, err := facts.Secret.Get(p); err == nil && secret.Exists && secret.Created.After(c.Failed.Since) {
		f.Cause = "it failed before the Secret of the connection was created; a Job that has failed is not tried again"
	}
	return f
}

// sayFailure adds to the finding on a Job that has failed what the log of its last pod shows, unless that failed before its Secret was
// created.
func sayFailure(p *check.Pass, job facts.Consumer, pods facts.ConsumerPodList, f *check.Finding) {
	logs, err := facts.ConsumerLogs.Get(p)
	secret, secretErr := facts.Secret.Get(p)
	if err != nil || secretErr == nil && secret.Created.After(job.Failed.Since) {
		return // the cause is only less certain
	}
	for _, pod := range pods.Items {
		if pod.Owner == "job/"+job.Ref.Name && !pod.Alive() {
			sayLog(p, job.Ref.Namespace, pod.Pod, pods.At, logs, f)
		}
	}
}

// stopped describes a pod that does not run, or is not Ready for minutes.
func stopped(at time.Time) func(podhealth.Pod) (summary, cause string) {
	const long = 2 * time.Minute
	return either(notRunning(at), inContainer(podhealth.Initializing(at, long)),
		func(pod podhealth.Pod) (string, string) {
			ready := pod.Condition("Ready")
			if ready.Since.IsZero() || at.Sub(ready.Since) < long {
				return "", ""
			}
			return "is not Ready", cmp.Or(ready.Message, "its kubelet gives no reason")
		})
}

// lacking returns that the init container which stops the pod takes no variable from the Secret, while others do, to be added to the cause;
// empty if that is not so.
func lacking(s subject, c facts.Consumer, pod podhealth.Pod, at time.Time) string {
	failing, _, _, ok := pod.ContainerProblem(podhealth.Exiting(at))
	_, exit := failing.Exited()
	uses := c.Template.Of(s.Secret)
	if !ok || !failing.Init || len(uses) == 0 || exit.Reason == podhealth.OutOfMemory ||
		slices.ContainsFunc(uses, func(u facts.Use) bool { return u.Container == "" || u.Container == failing.Name }) {
		return ""
	}
	return fmt.Sprintf("; init container %s takes no variable from Secret %s, as container %s does", failing.Name, s.Secret, uses[0].Container)
}
