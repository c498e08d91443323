package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// WebhookIsInstalled finds a cluster without the webhook of workload identity, or with two.
var WebhookIsInstalled = &check.Check{
	Code: "CON0501",
	Name: "webhook-is-installed",
	Hop:  hopIdentity,
	Doc: `the webhook of workload identity is installed, once

It injects token and variables into labelled pods when they are created. Service Connector enables it with the first connection by
identity; a template that sets the cluster's properties again disables it.`,
	Sources: []string{docWebhook, "https://learn.microsoft.com/azure/service-connector/known-limitations"},
	Needs:   provided(facts.Consumers, facts.Webhooks),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := signers(p)
		if !ok {
			return nil, err
		}
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return nil, err
		}
		if twice := webhooks.Duplicate(); twice != nil {
			return []check.Finding{{
				Severity: check.Warning, Target: configuration(twice[0]),
				Summary: "the webhook of workload identity is installed more than once: " + names(twice),
				Cause:   "the AKS add-on and a Helm chart were both installed; their versions inject different volumes",
				Fixes: []check.Fix{fix("uninstall that which the add-on did not install",
					cmdline.Kubectl("get", "mutatingwebhookconfigurations", "--show-labels"))},
			}}, nil
		}
		if len(webhooks.Items) > 0 {
			return nil, nil
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		if allInjected(pods, list) {
			p.Skip("the cluster has no webhook of workload identity; the pods have a token without it")
			return nil, nil
		}
		var refs []string
		for _, c := range list {
			refs = append(refs, c.Ref.String())
		}
		f := azure("enable workload identity, then restart the pods", ofCluster("update", "--enable-oidc-issuer", "--enable-workload-identity"))
		f.Template = "oidcIssuerProfile.enabled and securityProfile.workloadIdentity.enabled of the cluster"
		return []check.Finding{{
			Severity: check.Error, Target: configuration("azure-wi-webhook-mutating-webhook-configuration"),
			Summary: "the cluster has no webhook of workload identity: pods get no token for Entra ID",
			Cause:   "workload identity is disabled on the cluster; it is needed by " + names(refs),
			Fixes:   []check.Fix{f},
		}}, nil
	},
}

func configuration(name string) check.Ref {
	return check.Ref{Kind: "mutatingwebhookconfiguration", Name: name}
}
