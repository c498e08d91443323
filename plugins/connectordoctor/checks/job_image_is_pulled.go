package checks

import (
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// closedRegistry had the images of version 0.1.0 of the extension. It has answered 401 since December 2025
// (https://github.com/Azure/AKS/issues/5493).
const closedRegistry = "scaksextension.azurecr.io/"

// JobImageIsPulled finds an image of the Job that cannot be had.
var JobImageIsPulled = &check.Check{
	Code: "CON0203",
	Name: "job-image-is-pulled",
	Hop:  hopJob,
	Doc: `the image of Job sc-job is pulled

It comes from mcr.microsoft.com. Version 0.1.0 of the extension names a registry that was closed: nodes that have the image run it, new
nodes do not.`,
	Sources: []string{"https://github.com/Azure/AKS/issues/5493", "https://github.com/Azure/AKS/issues/5276", docTrouble},
	After:   []*check.Check{JobIsScheduled},
	Needs:   provided(facts.Job, facts.JobPods),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, pods, ok, err := job(p)
		if !ok || len(pods) == 0 {
			return nil, err
		}
		c, summary, cause, ok := pods[0].ContainerProblem(podhealth.Unpulled)
		if !ok {
			return nil, nil
		}
		if strings.HasPrefix(c.Image, closedRegistry) {
			update := azure("update the extension, which then takes its image from mcr.microsoft.com, and repeat the operation on the connection",
				ofExtension("update", "--auto-upgrade-minor-version", "true"))
			return jobFinding(p, pods[0], summary,
				"the extension is an old version whose registry scaksextension.azurecr.io was closed in December 2025", update), nil
		}
		return jobFinding(p, pods[0], summary, cause, fix("check whether the node reaches the image's registry"), describeJob()), nil
	},
}
