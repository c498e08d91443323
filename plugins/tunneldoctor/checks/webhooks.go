package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// tunnelCarries are the checks before whose failures nothing that goes through the tunnel means anything.
func tunnelCarries() []*check.Check {
	return []*check.Check{APIServerAnswers, AgentsAreMade, AgentsAreScheduled, AgentsStart, AgentNodesAreReady, AgentsAreConnected}
}

// WebhooksHaveEndpoints is for webhooks that nobody serves.
var WebhooksHaveEndpoints = &check.Check{
	Code: "TUN0701",
	Name: "webhooks-have-endpoints",
	Hop:  hopServices,
	Doc: `the admission webhooks with failurePolicy Fail have endpoints

What such a webhook is asked about is denied while nobody answers. Where it is asked about the pods of kube-system too, a lost
tunnel agent cannot be made again.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.Webhooks},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, w := range webhooks {
			if !w.Fails || w.Endpoints > 0 || len(fs) == maxFindings {
				continue
			}
			f := check.Finding{
				Severity: check.Info, Target: w.Configuration,
				Summary: fmt.Sprintf("webhook %s has no ready endpoint: service %s in namespace %s", w.Name, w.Service.Name, w.Service.Namespace),
				Cause:   "what it is asked about is denied until it is served again",
				Fixes: append([]check.Fix{{
					Title: "see why the webhook has no pod that is ready", Commands: [][]string{kubectl("insideout", "svc/"+w.Service.Name, "-n", w.Service.Namespace)},
				}}, ignore(w)...),
			}
			if w.Pods || w.Try != "" {
				f.Severity = check.Error
			}
			if w.Conditional && f.Severity == check.Error {
				f.Severity = check.Warning
				f.Cause = "what it is asked about is denied until it is served again; its matchConditions may leave out much of it"
			}
			if w.Pods && w.KubeSystem && !w.Conditional {
				f.Cause = "it is asked about pods of kube-system too: no tunnel agent can be made again, which would be a deadlock"
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// WebhooksAnswer is for webhooks that are served and do not answer in time.
var WebhooksAnswer = &check.Check{
	Code: "TUN0702",
	Name: "webhooks-answer",
	Hop:  hopServices,
	Doc: `the admission webhooks with failurePolicy Fail answer in time

A creation that nobody carries out (dry run) is asked of them by the API server, through the tunnel. A webhook may be slow, or
a policy keep the tunnel's agents from its pods.`,
	Sources: []string{"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts"},
	After:   append(tunnelCarries(), WebhooksHaveEndpoints),
	Needs:   []check.Need{facts.Webhooks, facts.DryRuns},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		runs, err := facts.DryRuns.Get(p)
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			p.Skip("no webhook with failurePolicy Fail lets itself be tried")
			return nil, nil
		}
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return nil, err
		}
		for _, d := range runs {
			e := errtext.Explain(d.Error)
			if d.TimedOut {
				return nil, fmt.Errorf("a dry run of %s got no answer in time, and which webhook keeps it is not known: see kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations", d.Kind)
			}
			if d.Error == "" || e.Webhook == "" || e.Class == errtext.PolicyDenied {
				continue // that something is denied is no fault
			}
			f := check.Finding{
				Severity: check.Error, Target: check.Ref{Kind: "webhook", Name: e.Webhook},
				Summary:  fmt.Sprintf("webhook %s did not answer in time when a dry run asked it: %s", e.Webhook, d.Error),
				Cause:    or(e.Meaning, "it is slow, or cut off"),
				Evidence: []check.Evidence{{Source: d.Source, Lines: []string{d.Error}}},
			}
			for _, w := range webhooks {
				if w.Name == e.Webhook {
					f.Target = w.Configuration
					f.Fixes = append([]check.Fix{{
						Title: "see whether its pods answer, and which policy selects them",
						Commands: [][]string{
							kubectl("insideout", "svc/"+w.Service.Name, "-n", w.Service.Namespace), kubectl("get", "networkpolicies", "-n", w.Service.Namespace),
						},
					}}, ignore(w)...)
				}
			}
			return []check.Finding{f}, nil
		}
		return nil, nil
	},
}
