package checks

import (
	"cmp"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// JobSucceeds finds a Job that ran and failed.
var JobSucceeds = &check.Check{
	Code: "CON0205",
	Name: "job-succeeds",
	Hop:  hopJob,
	Doc: `Job sc-job succeeds

It writes Secret and ServiceAccount into the connection's namespace. Its log says which request the API server refused. Helm keeps a Job
that failed until the next operation.`,
	Sources: []string{docExtension, "https://kubernetes.io/docs/concepts/workloads/controllers/job/"},
	After:   []*check.Check{JobStarts},
	Needs:   provided(facts.Job, facts.JobPods, facts.JobLog, facts.JobToken),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		j, pods, ok, err := job(p)
		if !ok {
			return nil, err
		}
		name := facts.System + "/" + facts.JobName
		exit := lastExit(pods)
		f := check.Finding{Severity: severity(p), Target: jobRef(), Fixes: []check.Fix{describeJob()}}
		switch {
		case j.Failed.Status != "":
			f.Summary = fmt.Sprintf("Job %s failed: %s", name, cmp.Or(j.Failed.Reason, "no reason given"))
			f.Cause = cmp.Or(j.Failed.Message, "its pods failed")
		case exit.ExitCode != 0:
			f.Summary = fmt.Sprintf("Job %s fails and is tried again: exit code %d", name, exit.ExitCode)
			f.Cause = "its container exits with an error"
		case j.At.Sub(j.Created) > operationTime:
			f.Summary = fmt.Sprintf("Job %s has not finished for %s", name, age(j.At.Sub(j.Created)))
			f.Cause = "its pod runs and does not exit"
		default:
			return lingering(p, j, pods), nil // else it runs, or waits for what the checks before find
		}
		if exit.Reason == podhealth.OutOfMemory {
			f.Cause = "its container was OOM-killed"
		} else if exit.ExitCode != 0 {
			f.Cause += fmt.Sprintf("; exit code %d", exit.ExitCode)
		}
		f = withLog(p, f)
		if exit.Reason != podhealth.OutOfMemory {
			sayTokenless(p, &f)
		}
		if held := foreignFinalizers(j); len(held) > 0 {
			f.Cause += "; it is being deleted and waits for its finalizers: " + names(held) + ", so that Helm cannot create it again"
		}
		return []check.Finding{f}, nil
	},
}

// lingering is the finding on a Job whose program has exited, while another container of the pod still runs: the Job does not complete.
func lingering(p *check.Pass, j facts.JobInfo, pods []podhealth.Pod) []check.Finding {
	const long = 20 * time.Second // a sidecar may exit a moment later
	for _, pod := range pods {
		var program, other podhealth.Container
		for _, c := range pod.Containers {
			switch {
			case c.Image == j.Image && c.State.Phase == podhealth.Terminated && c.State.ExitCode == 0:
				program = c
			case !c.Init && c.State.Phase == podhealth.Running:
				other = c
			}
		}
		if program.Name == "" || other.Name == "" || !pod.Alive() || j.At.Sub(program.State.Since) < long {
			continue
		}
		return []check.Finding{{
			Severity: severity(p), Target: jobRef(),
			Summary: fmt.Sprintf("Job %s/%s does not complete: container %s is still running", facts.System, facts.JobName, other.Name),
			Cause: fmt.Sprintf("container %s has exited with 0, and Helm waits for the Job until it times out: a service mesh or another webhook "+
				"has injected the other container", program.Name),
			Fixes: []check.Fix{fix("turn off sidecar injection for namespace "+facts.System+"; then repeat the operation",
				cmdline.Kubectl("get", "pod", pod.Name, "-n", facts.System, "-o", "yaml"),
				cmdline.Kubectl("get", "namespace", facts.System, "--show-labels"))},
		}}
	}
	return nil
}

// sayTokenless puts in place of the cause that the Job's pod has no token for the API server, if it has none: it cannot write anything.
func sayTokenless(p *check.Pass, f *check.Finding) {
	token, err := facts.JobToken.Get(p)
	if err != nil || !token.Absent {
		return
	}
	account := "serviceaccount/" + token.Account
	f.Cause = fmt.Sprintf("its pod has no token for the API server: automountServiceAccountToken is false on %s, by itself or by an "+
		"admission policy", account)
	f.Fixes = append([]check.Fix{fix("see who set it, and remove it; then repeat the operation",
		cmdline.Kubectl("get", account, "-n", facts.System, "-o", "yaml"),
		cmdline.Kubectl("get", "mutatingwebhookconfigurations"),
		cmdline.Kubectl("get", "mutatingadmissionpolicies"))}, f.Fixes...)
	if token.Off {
		f.Cause = "its pod has no token for the API server: automountServiceAccountToken is false in the pod, by the chart or by an " +
			"admission policy"
		f.Fixes[0].Commands[0] = cmdline.Kubectl("get", "pod", token.Pod, "-n", facts.System, "-o", "yaml")
	}
}

// lastExit returns the last exit with an error of a container of the newest pods; the zero State if there is none.
func lastExit(pods []podhealth.Pod) podhealth.State {
	for _, pod := range pods {
		for _, c := range pod.Containers {
			if _, exit := c.Exited(); exit.ExitCode != 0 {
				return exit
			}
		}
	}
	return podhealth.State{}
}

// withLog adds the end of the Job's log to the finding, and what the last error in it means.
func withLog(p *check.Pass, f check.Finding) check.Finding {
	log, err := facts.JobLog.Get(p)
	if err != nil || log.Pod == "" || len(log.Lines) == 0 {
		return f
	}
	f.Evidence = append(f.Evidence, check.Evidence{
		Source: cmdline.Kubectl("logs", log.Pod, "-n", facts.System, "-c", log.Container), Lines: log.Lines,
	})
	if line, e := tellingLine(log.Lines); line != "" {
		f.Cause = withCauses(e) + ". The log: " + line
		return f
	}
	f.Cause += "; its log ends: " + shortened(log.Lines[len(log.Lines)-1])
	return f
}
