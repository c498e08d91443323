package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func jobRef() check.Ref {
	return check.Ref{Kind: "job", Namespace: facts.System, Name: facts.JobName}
}

// job returns the Job and its pods, the newest first. If there is none, or it has succeeded, ok is false and the check is skipped; ok is
// false on errors too.
func job(p *check.Pass) (j facts.JobInfo, pods []podhealth.Pod, ok bool, err error) {
	if j, err = facts.Job.Get(p); err != nil {
		return j, nil, false, err
	}
	if !j.Exists || j.Complete {
		p.Skip("Job %s/%s does not exist or has succeeded: Helm deletes it then", facts.System, facts.JobName)
		return j, nil, false, nil
	}
	pods, err = facts.JobPods.Get(p)
	return j, pods, err == nil, err
}

// jobFinding returns the finding about the Job's newest pod.
func jobFinding(p *check.Pass, pod podhealth.Pod, summary, cause string, fixes ...check.Fix) []check.Finding {
	return []check.Finding{{
		Severity: severity(p), Target: jobRef(), Also: []check.Ref{{Kind: "pod", Namespace: facts.System, Name: pod.Name}},
		Summary: fmt.Sprintf("pod %s of Job %s/%s %s", pod.Name, facts.System, facts.JobName, summary), Cause: cause, Fixes: fixes,
	}}
}

// describeJob shows the events of the Job and of its pods.
func describeJob() check.Fix {
	return fix("see its events", cmdline.Kubectl("describe", "job", facts.JobName, "-n", facts.System),
		cmdline.Kubectl("describe", "pods", "-n", facts.System, "-l", "job-name="+facts.JobName))
}
