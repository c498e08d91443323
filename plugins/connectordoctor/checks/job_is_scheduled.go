package checks

import (
	"cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// JobIsScheduled finds a pod of the Job that no node takes.
var JobIsScheduled = &check.Check{
	Code: "CON0202",
	Name: "job-is-scheduled",
	Hop:  hopJob,
	Doc: `the pod of Job sc-job is scheduled to a node

It does not tolerate the taint CriticalAddonsOnly. Where all node pools have it, or none has room, Helm waits in vain and the operation
times out.`,
	Sources: []string{docTrouble, "https://github.com/Azure/AKS/issues/4513"},
	After:   []*check.Check{JobCreatesPods},
	Needs:   provided(facts.Job, facts.JobPods, facts.NodeTaints),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, pods, ok, err := job(p)
		if !ok || len(pods) == 0 || !pods[0].Alive() {
			return nil, err
		}
		summary, otherwise := podhealth.Unscheduled(pods[0])
		if summary == "" {
			return nil, nil
		}
		cause, provide := scheduling(p)
		return jobFinding(p, pods[0], summary, cmp.Or(cause, otherwise), provide), nil
	},
}
