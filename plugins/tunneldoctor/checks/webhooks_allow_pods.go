package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// WebhooksAllowPods finds the webhook that keeps every new pod out: the pods of this program were turned away by it.
var WebhooksAllowPods = &check.Check{
	Code: "TUN0210",
	Name: "webhooks-let-pods-in",
	Hop:  hopAgents,
	Doc: `no admission webhook fails when pods are created

This program creates pods to check the nodes. Where the API server cannot call a webhook that is asked about them, no pod can be created
there at all, and nothing further can be found out by pods.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices"},
	After:   []*check.Check{APIServerAnswers, AgentsAreCreated},
	Needs:   []check.Need{facts.AgentNodeReports, facts.Webhooks},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, err := facts.AgentNodeReports.Get(p)
		if err == nil {
			return nil, nil
		}
		e := errtext.Explain(err.Error())
		if e.Webhook == "" || e.Class == errtext.PolicyDenied {
			return nil, nil // other checks say what could not be found out
		}
		webhooks, failed := facts.Webhooks.Get(p)
		if failed != nil {
			return nil, failed
		}
		for _, w := range webhooks {
			if w.Name != e.Webhook {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: w.Configuration,
				Summary: fmt.Sprintf("webhook %s cannot be called, so no pod can be created where it is asked about them", w.Name),
				Cause:   e.Meaning, Fixes: []check.Fix{serverFix(w, e.Class), ignoreFix(w)},
			}
			switch {
			case w.Host != "":
				f = namedInCluster(w)
				f.Severity = check.Error
			case w.Unusable():
				f = unusableWebhook(w)
				f.Severity = check.Error
			}
			return []check.Finding{f}, nil
		}
		return nil, nil
	},
}
