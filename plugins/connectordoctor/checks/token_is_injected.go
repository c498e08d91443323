package checks

import (
	"fmt"
	"slices"
	"strings"

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
			i := slices.IndexFunc(of, func(pod facts.ConsumerPod) bool { return almost(pod.Use) != "" })
			if i >= 0 {
				f.Cause = fmt.Sprintf("their token is for the audience %s, and Entra ID compares it exactly with that of the federated credential, %s",
					almost(of[i].Use), facts.ExchangeAudience)
				f.Fixes = []check.Fix{editing("correct the token's audience in the pod template, or remove the volume: the webhook adds one", c.Ref)}
			} else if partly {
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

// almost returns the audience of a token that is that of Entra ID but for its case; empty: the pod has none.
func almost(u facts.PodUse) string {
	i := slices.IndexFunc(u.Audiences, func(a string) bool {
		return !facts.ToEntra(a) && strings.HasPrefix(strings.ToLower(a), strings.ToLower(facts.ExchangeAudience))
	})
	if i < 0 {
		return ""
	}
	return u.Audiences[i]
}
