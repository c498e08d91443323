package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ClientIDIsCurrent finds pods that sign in as another identity than that of their ServiceAccount.
var ClientIDIsCurrent = &check.Check{
	Code: "CON0507",
	Name: "client-id-is-current",
	Hop:  hopIdentity,
	Doc: `the pods sign in as the identity of their ServiceAccount

AZURE_CLIENT_ID has the value of the annotation when the pod was created. A variable of that name in the pod template wins over the
webhook's.`,
	Sources: []string{docIdentity, docWebhook},
	After:   []*check.Check{PodsUseServiceAccount, TokenIsInjected},
	Needs:   provided(facts.Consumers, facts.ServiceAccounts),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := signers(p)
		if !ok {
			return nil, err
		}
		accounts, err := facts.ServiceAccounts.Get(p)
		if err != nil {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		of := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			account, _ := accounts.Get(c.Template.ServiceAccount)
			if account.Client == "" {
				continue
			}
			f := check.Finding{Severity: check.Error, Target: c.Ref}
			if own := otherClient(c.Template, account.Client); own != "" {
				f.Severity = check.Warning // it may be meant, with a federated credential of its own
				f.Summary = fmt.Sprintf("%s sets AZURE_CLIENT_ID to %s, and its ServiceAccount names %s", c.Ref, own, account.Client)
				f.Cause = "the variable in the pod template wins over that of the webhook"
				f.Fixes = []check.Fix{editing("remove the variable from the pod template", c.Ref)}
				found = append(found, f)
				continue
			}
			for _, pod := range of[c.Ref.String()] {
				if old := otherClient(pod.Use, account.Client); old != "" {
					f.Summary = fmt.Sprintf("pod %s signs in as %s, and its ServiceAccount %s names %s", pod.Name, old, account.Name, account.Client)
					f.Cause = "the annotation was changed after the pod was created"
					f.Also = append(f.Also, check.Ref{Kind: "pod", Namespace: c.Ref.Namespace, Name: pod.Name})
				}
			}
			if f.Summary != "" {
				f.Fixes = []check.Fix{restart(c.Ref)}
				found = append(found, f)
			}
		}
		return found, nil
	},
}

// otherClient returns a client ID that a container has and that is not the given one; empty if there is none.
func otherClient(u facts.PodUse, client string) string {
	for _, c := range u.Containers {
		if c.Client != "" && c.Client != client {
			return c.Client
		}
	}
	return ""
}
