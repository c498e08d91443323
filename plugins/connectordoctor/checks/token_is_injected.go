package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TokenIsInjected finds labelled pods without a token.
var TokenIsInjected = &check.Check{
	Code: "CON0506",
	Name: "token-is-injected",
	Hop:  hopIdentity,
	Doc: `the labelled pods have a token for Entra ID

The webhook adds a projected token with the audience api://AzureADTokenExchange and variables when a pod is created. A pod that is older
than the webhook has none. Identity bindings have an audience of their own.`,
	Sources: []string{docWebhook, "https://learn.microsoft.com/azure/aks/identity-bindings-concepts"},
	After:   []*check.Check{PodsAreLabelled, WebhookRuns},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := signers(p)
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
			var without []check.Ref
			of := workloads[c.Ref.String()]
			for _, pod := range of {
				if !injected(pod.Use) {
					without = append(without, check.Ref{Kind: "pod", Namespace: s.Namespace, Name: pod.Name})
				}
			}
			if len(without) == 0 {
				continue
			}
			found = append(found, check.Finding{
				Severity: check.Error, Target: c.Ref, Also: without,
				Summary: fmt.Sprintf("pods of %s have no token for Entra ID (%d of %d)", c.Ref, len(without), len(of)),
				Cause:   "they were created before the webhook ran or before the pods were labelled; it does not change pods that exist",
				Fixes:   []check.Fix{restart(c.Ref)},
			})
		}
		return found, nil
	},
}
