package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// WebhookRuns finds a webhook of workload identity that cannot answer.
var WebhookRuns = &check.Check{
	Code: "CON0502",
	Name: "webhook-runs",
	Hop:  hopIdentity,
	Doc: `the webhook of workload identity can be called

Its Service has ready endpoints, its CA certificate is valid, its configuration selects labelled pods of the namespace, and no NetworkPolicy
keeps the tunnel's agents from it, through which the API server calls it. While it does not answer, labelled pods cannot be created.`,
	Sources: []string{docWebhook},
	After:   []*check.Check{WebhookIsInstalled},
	Needs:   provided(facts.Consumers, facts.ConsumerPods, facts.Webhooks, facts.WebhookPods, facts.WebhookPolicies, facts.WebhookScope),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := signers(p)
		if !ok {
			return nil, err
		}
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		for _, w := range webhooks.Items {
			f := check.Finding{Severity: check.Error, Target: configuration(w.Configuration), Fixes: []check.Fix{
				azure("let AKS restore its add-on", ofCluster("update")),
			}}
			switch {
			case !w.Selects:
				f.Summary = fmt.Sprintf("webhook configuration %s does not select pods with the label %s=true", w.Configuration, facts.UseLabel)
				f.Cause = "its objectSelector was changed"
			case !w.CA:
				f.Summary = fmt.Sprintf("webhook configuration %s has no CA certificate", w.Configuration)
				f.Cause = "the webhook writes it when it starts; the configuration was applied again since, or the webhook does not run"
				f.Fixes = []check.Fix{restart(check.Ref{Kind: "deployment", Namespace: system, Name: facts.WebhookDeployment})}
			case webhooks.At.After(w.Expires):
				f.Summary = fmt.Sprintf("the CA certificate in webhook configuration %s expired on %s", w.Configuration, w.Expires.Format("2006-01-02"))
				f.Cause = "the webhook renews it while it runs"
				f.Fixes = []check.Fix{restart(check.Ref{Kind: "deployment", Namespace: system, Name: facts.WebhookDeployment})}
			case w.Service.Name != "" && w.Endpoints == 0:
				f.Summary = fmt.Sprintf("the webhook of workload identity has no ready endpoint: Service %s in namespace %s",
					w.Service.Name, w.Service.Namespace)
				f.Cause, f.Fixes = webhookPods(p)
			default:
				excluded, barrier, err := unreached(p, list)
				if err != nil {
					return nil, err
				}
				if excluded != "" {
					f.Target = check.Ref{Kind: "namespace", Name: s.Namespace}
					f.Summary = fmt.Sprintf("the webhook of workload identity leaves namespace %s out: its namespaceSelector is %s", s.Namespace, excluded)
					f.Cause = "a label of the namespace, or the lack of one, keeps it from being selected: pods there are created without a token"
					f.Fixes = []check.Fix{fix("compare the namespace's labels, and remove or add the one that the selector names",
						cmdline.Kubectl("get", "namespace", s.Namespace, "--show-labels"))}
					found = append(found, f)
					continue
				}
				if len(barrier.Policies) == 0 {
					continue
				}
				f.Target = check.Ref{Kind: "networkpolicy", Namespace: system, Name: barrier.Policies[0]}
				f.Summary = fmt.Sprintf("NetworkPolicy %s in namespace %s keeps the API server from the webhook of workload identity",
					names(barrier.Policies), system)
				f.Cause = "it selects the webhook's pods, and lets in no tunnel agent (konnectivity-agent), through which the API server calls webhooks"
				f.Fixes = []check.Fix{fix("let the pods of kube-system in", cmdline.Kubectl("patch", "networkpolicy", barrier.Policies[0],
					"-n", system, "--type=json", "-p", barrier.Patch))}
			}
			if !w.FailClosed {
				f.Cause += "; its failurePolicy is Ignore: pods are created without a token"
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// unreached returns the namespaceSelector by which the webhook is not called for the pods, and the NetworkPolicies that keep the API server
// from it; neither where pods of each workload have a token all the same, because the cluster may not enforce policies.
func unreached(p *check.Pass, list []facts.Consumer) (excluded string, barrier facts.WebhookBarrier, err error) {
	pods, err := facts.ConsumerPods.Get(p)
	if err != nil || allInjected(pods, list) {
		return "", barrier, err
	}
	scope, err := facts.WebhookScope.Get(p)
	if err == nil && scope.Selector != "" {
		return scope.Selector, barrier, nil
	}
	if err != nil && !facts.IsNotHeld(err) { // a bundle of an earlier version has none
		return "", barrier, err
	}
	barrier, err = facts.WebhookPolicies.Get(p)
	if facts.IsNotHeld(err) {
		return "", facts.WebhookBarrier{}, nil
	}
	return "", barrier, err
}

// webhookPods returns why the webhook has no endpoint, and the fixes.
func webhookPods(p *check.Pass) (cause string, fixes []check.Fix) {
	name := facts.WebhookDeployment
	show := fix("see its pods", cmdline.Kubectl("describe", "deployment", name, "-n", system),
		cmdline.Kubectl("get", "pods", "-n", system, "-l", "azure-workload-identity.io/system=true"))
	d, err := facts.WebhookPods.Get(p)
	if err != nil {
		return "its pods were not read: " + err.Error(), []check.Fix{show}
	}
	return noneReady(d, name, show)
}
