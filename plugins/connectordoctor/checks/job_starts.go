package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// JobStarts finds a pod of the Job whose containers cannot be created.
var JobStarts = &check.Check{
	Code: "CON0204",
	Name: "job-starts",
	Hop:  hopJob,
	Doc: `the containers of Job sc-job are created

What its pod refers to must exist, and the node must have what it needs for it.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	After:   []*check.Check{JobImageIsPulled},
	Needs:   provided(facts.Job, facts.JobPods, facts.JobEvents),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, pods, ok, err := job(p)
		if !ok || len(pods) == 0 {
			return nil, err
		}
		events, eventsErr := facts.JobEvents.Get(p)
		summary, cause := either(inContainer(podhealth.Uncreated), events.Unmounted)(pods[0])
		if summary == "" {
			if waiting(pods[:1]) {
				return nil, eventsErr
			}
			return nil, nil
		}
		if e := errtext.Explain(cause); e.Known() {
			cause = e.Clause() + ": " + cause
		}
		return jobFinding(p, pods[0], summary, cause, describeJob()), nil
	},
}
