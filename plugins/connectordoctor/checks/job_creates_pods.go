package checks

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// JobCreatesPods finds a Job whose pods are rejected.
var JobCreatesPods = &check.Check{
	Code: "CON0201",
	Name: "job-creates-pods",
	Hop:  hopJob,
	Doc: `the pods of Job sc-job are created

The Job in sc-system writes Secret and ServiceAccount of a connection. Policies, quotas, Pod Security and webhooks of the cluster apply to
its pods too. A Job that does not exist has succeeded or was never created. One whose deletion a finalizer holds
up keeps Helm from creating it again.`,
	Sources: []string{docExtension, "https://kubernetes.io/docs/concepts/workloads/controllers/job/"},
	Needs:   provided(facts.Job, facts.JobPods, facts.JobEvents),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		if fs := heldJob(p); len(fs) > 0 {
			return fs, nil
		}
		j, pods, ok, err := job(p)
		if !ok || len(pods) > 0 {
			return nil, err
		}
		f := check.Finding{Severity: severity(p), Target: jobRef(), Fixes: []check.Fix{describeJob()}}
		name := facts.System + "/" + facts.JobName
		events, err := facts.JobEvents.Get(p)
		event, rejected := events.Last("job/"+facts.JobName, "FailedCreate")
		switch {
		case rejected:
			f.Summary = fmt.Sprintf("Job %s cannot create its pod: %s", name, event.Message)
			f.Cause = rejection(event.Message)
		case err != nil:
			return nil, err
		case j.Suspended:
			f.Summary, f.Cause = fmt.Sprintf("Job %s is suspended", name), "something in the cluster, such as a queue for Jobs, sets spec.suspend"
			f.Fixes = []check.Fix{fix("let it run", cmdline.Kubectl("patch", "job", facts.JobName, "-n", facts.System, "--type=merge", "-p",
				`{"spec":{"suspend":false}}`))}
		case j.Failed.Status != "" || j.At.Sub(j.Created) < time.Minute:
			return nil, nil // its pods were deleted, or are about to be created
		default:
			f.Summary = fmt.Sprintf("Job %s has no pod", name)
			f.Cause = rejection("")
		}
		return []check.Finding{f}, nil
	},
}

// The deletion of a Job with a finalizer is told after heldShortly, as a warning; after heldLong nothing will remove the finalizer.
const (
	heldShortly = 20 * time.Second
	heldLong    = 2 * time.Minute
)

// heldJob is the finding on a Job that is being deleted and that its finalizers keep.
func heldJob(p *check.Pass) []check.Finding {
	j, err := facts.Job.Get(p)
	foreign := foreignFinalizers(j)
	if err != nil || len(foreign) == 0 || j.At.Sub(j.Deleted) < heldShortly {
		return nil
	}
	worst := check.Warning
	if j.At.Sub(j.Deleted) >= heldLong {
		worst = severity(p)
	}
	return []check.Finding{{
		Severity: worst, Target: jobRef(),
		Summary: fmt.Sprintf("Job %s/%s is being deleted and waits for its finalizers: %s", facts.System, facts.JobName, names(foreign)),
		Cause:   "Helm cannot create the Job again until it is gone, so that each operation on the extension times out",
		Fixes: []check.Fix{
			fix("see who set the finalizers, and has to remove them",
				cmdline.Kubectl("get", "job", facts.JobName, "-n", facts.System, "-o", "yaml")),
			fix("if nobody will, remove them, then repeat the operation", cmdline.Kubectl("patch", "job", facts.JobName, "-n", facts.System,
				"--type=merge", "-p", `{"metadata":{"finalizers":null}}`)),
		},
	}}
}

// foreignFinalizers returns what the deletion of the Job waits for, without what Kubernetes itself waits for; nil: it is not being deleted.
func foreignFinalizers(j facts.JobInfo) []string {
	if j.Deleted.IsZero() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(j.Finalizers), func(name string) bool {
		return name == metav1.FinalizerDeleteDependents || name == metav1.FinalizerOrphanDependents
	})
}
