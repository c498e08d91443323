package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PodsAreLabelled finds pod templates without the label on which the webhook acts.
var PodsAreLabelled = &check.Check{
	Code: "CON0503",
	Name: "pods-are-labelled",
	Hop:  hopIdentity,
	Doc: `the pods that sign in have the label azure.workload.identity/use: "true"

The webhook looks at labels of pods, which come from spec.template.metadata.labels. On the Deployment or Job itself the label has no
effect, and nothing reports an error: the example for Jobs in the documentation of Service Connector has it there.`,
	Sources: []string{docIdentity, docExtension, "https://github.com/Azure/azure-workload-identity/issues/691"},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := signers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		workloads := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			of := workloads[c.Ref.String()]
			// something else may label the pods, or give them a token
			has := func(pod facts.ConsumerPod) bool { return pod.Use.Label == "true" || some(pod.Use) }
			if c.Template.Label == "true" || len(of) > 0 && !slices.ContainsFunc(of, func(pod facts.ConsumerPod) bool { return !has(pod) }) {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: c.Ref, Fixes: []check.Fix{label(c.Ref)},
				Summary: fmt.Sprintf("the pods of %s lack the label %s=true", c.Ref, facts.UseLabel),
				Cause:   "the webhook of workload identity injects no token into them, and nothing reports an error",
			}
			switch {
			case c.Template.Label != "":
				f.Summary = fmt.Sprintf("the pods of %s have the label %s=%s, not true", c.Ref, facts.UseLabel, c.Template.Label)
			case c.Label != "":
				f.Summary = fmt.Sprintf("the label %s is on %s itself, not on its pod template", facts.UseLabel, c.Ref)
			}
			found = append(found, f)
		}
		return found, nil
	},
}
