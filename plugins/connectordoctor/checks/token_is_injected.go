package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TokenIsInjected finds labelled pods without a token.
var TokenIsInjected = &check.Check{
	Code: "CON0506",
	Name: "token-is-injected",
	Hop:  hopIdentity,
	Doc: `the labelled pods have a token for Entra ID

The webhook adds a projected token with the audience api://AzureADTokenExchange and variables when a pod is created. A pod that is older
than the webhook has none, nor has a container that another webhook adds later. Identity bindings have an audience of their own.`,
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
			var lacking []string // containers, if others in each of these pods have a token
			partly := true
			of := workloads[c.Ref.String()]
			for _, pod := range of {
				if containers := tokenless(pod.Use, s.Secret); len(containers) > 0 {
					without = append(without, check.Ref{Kind: "pod", Namespace: s.Namespace, Name: pod.Name})
					lacking, partly = containers, partly && some(pod.Use)
				}
			}
			if len(without) == 0 {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: c.Ref, Also: without,
				Summary: fmt.Sprintf("pods of %s have no token for Entra ID (%d of %d)", c.Ref, len(without), len(of)),
				Cause:   "they were created before the webhook ran or before the pods were labelled; it does not change pods that exist",
				Fixes:   []check.Fix{restart(c.Ref)},
			}
			if partly {
				f.Summary = fmt.Sprintf("container %s in pods of %s uses the connection and has no token for Entra ID, other containers have one",
					names(lacking), c.Ref)
				f.Cause = "the webhook did not see it: another webhook, such as a sidecar injector, added it later"
				f.Fixes = []check.Fix{fix("mount the volume azure-identity-token in it too, and set the variables as in the others",
					cmdline.Kubectl("get", c.Ref.Kind, c.Ref.Name, "-n", s.Namespace, "-o", "yaml"))}
			}
			found = append(found, f)
		}
		return found, nil
	},
}
