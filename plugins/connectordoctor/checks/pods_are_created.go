package checks

import (
	"cmp"
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PodsAreCreated finds workloads whose pods are rejected.
var PodsAreCreated = &check.Check{
	Code: "CON0505",
	Name: "pods-are-created",
	Hop:  hopIdentity,
	Doc: `the pods that use the connection are created

The webhook of workload identity refuses pods whose ServiceAccount does not exist, and those with a token lifetime that it does not
accept.`,
	Sources: []string{docWebhook},
	After:   []*check.Check{WebhookRuns, ServiceAccountsAreAnnotated},
	Needs:   provided(facts.Consumers, facts.ConsumerEvents),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		events, eventsErr := facts.ConsumerEvents.Get(p)
		of := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			if c.Replicas == 0 || len(of[c.Ref.String()]) > 0 {
				continue
			}
			event, _ := events.Last(c.Ref.String(), "FailedCreate")
			message := cmp.Or(c.Failure.Message, event.Message)
			if message == "" {
				if eventsErr != nil && c.Ref.Kind != "deployment" {
					return nil, eventsErr
				}
				continue
			}
			found = append(found, check.Finding{
				Severity: check.Error, Target: c.Ref, Summary: fmt.Sprintf("%s cannot create pods: %s", c.Ref, message), Cause: rejection(message),
				Fixes: []check.Fix{fix("see its events", cmdline.Kubectl("describe", c.Ref.String(), "-n", c.Ref.Namespace))},
			})
		}
		return found, nil
	},
}
