package checks

import (
	"fmt"
	"regexp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

var failedWebhook = regexp.MustCompile(`failed calling webhook "([^"]+)"`)

// WebhooksLetAgentsIn is for the deadlock of a webhook that is called through the tunnel whose agents it keeps out.
var WebhooksLetAgentsIn = &check.Check{
	Code: "TUN0201",
	Name: "webhooks-let-agents-in",
	Hop:  hopAgents,
	Doc: `no admission webhook keeps the tunnel's agents from being made

A webhook with failurePolicy Fail is called through the tunnel. Where it is asked about the pods of kube-system too, and the
last agent is gone, no agent can be made and no webhook be called: a deadlock.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/troubleshoot-apiserver-etcd"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.Webhooks},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		match := failedWebhook.FindStringSubmatch(t.Failure.Message)
		if match == nil {
			return nil, nil
		}
		severity := check.Error
		if ready(agents) > 0 {
			severity = check.Warning
		}
		f := check.Finding{
			Severity: severity, Target: deployment(t),
			Summary: fmt.Sprintf("the webhook %s does not answer, so no tunnel agent can be made", match[1]),
			Cause:   "it has failurePolicy Fail, is asked about pods of kube-system, and is itself called through the tunnel: " + t.Failure.Message,
		}
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return []check.Finding{f}, nil //nolint:nilerr // the finding stands without the webhook's own object
		}
		for _, w := range webhooks {
			if w.Name == match[1] {
				f.Fixes = append(ignore(w), check.Fix{
					Title:    "leave kube-system out, for good: give the webhook a namespaceSelector that does not select it",
					Commands: [][]string{kubectl("edit", w.Configuration.String())},
				})
				return []check.Finding{f}, nil
			}
		}
		return []check.Finding{f}, nil
	},
}

// ignore is the fix that takes a webhook out of the way.
func ignore(w facts.Webhook) []check.Fix {
	patch := fmt.Sprintf(`{"webhooks":[{"name":%q,"failurePolicy":"Ignore"}]}`, w.Name)
	return []check.Fix{{
		Title:    "let what the webhook does not answer pass for now",
		Commands: [][]string{kubectl("patch", w.Configuration.String(), "--type=strategic", "-p", patch)},
	}}
}
