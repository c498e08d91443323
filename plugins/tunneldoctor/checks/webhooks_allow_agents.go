package checks

import (
	"fmt"
	"regexp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

var failedWebhook = regexp.MustCompile(`failed calling webhook "([^"]+)"`)

// WebhooksAllowAgents finds the deadlock of a webhook that is called through the tunnel and whose failure blocks new agents.
var WebhooksAllowAgents = &check.Check{
	Code: "TUN0201",
	Name: "webhooks-let-agents-in",
	Hop:  hopAgents,
	Doc: `no admission webhook blocks the creation of tunnel agents

A webhook in the cluster is called through the tunnel. If it has failurePolicy Fail and selects pods of kube-system, and the last
agent is gone, no agent can be created and no webhook called: a deadlock.`,
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
		if readyCount(agents) > 0 {
			severity = check.Warning
		}
		f := check.Finding{
			Severity: severity, Target: deploymentRef(t),
			Summary: fmt.Sprintf("webhook %s cannot be called, so no tunnel agent can be created", match[1]),
			Cause:   "it has failurePolicy Fail, selects pods of kube-system, and is itself called through the tunnel: " + t.Failure.Message,
		}
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return []check.Finding{f}, nil //nolint:nilerr // the finding stands without the webhook's own object
		}
		for _, w := range webhooks {
			if w.Name == match[1] {
				f.Fixes = []check.Fix{
					weakening(fix("exclude kube-system in the webhook's namespaceSelector, permanently",
						cmdline.Kubectl("edit", w.Configuration.String())), "nothing is checked in kube-system"),
					ignoreFix(w),
				}
				return []check.Finding{f}, nil
			}
		}
		return []check.Finding{f}, nil
	},
}

// ignoreFix is the fix that lets requests pass while the webhook does not answer.
func ignoreFix(w facts.Webhook) check.Fix {
	patch := fmt.Sprintf(`{"webhooks":[{"name":%q,"failurePolicy":"Ignore"}]}`, w.Name)
	return weakening(fix("set the webhook's failurePolicy to Ignore for now",
		cmdline.Kubectl("patch", w.Configuration.String(), "--type=strategic", "-p", patch)),
		"nothing is checked while it does not answer")
}
