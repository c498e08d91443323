package checks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// tunnelChecks returns the checks whose failure explains every failure of requests through the tunnel.
func tunnelChecks() []*check.Check {
	return []*check.Check{APIServerAnswers, AgentsAreCreated, AgentsAreScheduled, AgentsStart, AgentNodesAreReady, AgentsAreConnected}
}

// WebhooksHaveEndpoints finds webhooks without a ready endpoint.
var WebhooksHaveEndpoints = &check.Check{
	Code: "TUN0701",
	Name: "webhooks-have-endpoints",
	Hop:  hopServices,
	Doc: `the admission webhooks with failurePolicy Fail have endpoints

Requests that such a webhook matches are rejected while its Service has no ready endpoint, or not the port that the webhook names. If
it also matches pods of kube-system, a lost tunnel agent cannot be re-created; if it matches its own pods, they cannot.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.Webhooks, facts.DryRuns, facts.EmptyServices},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, w := range webhooks {
			if w.Host != "" {
				fs = append(fs, namedInCluster(w))
				continue
			}
			if !w.FailClosed || !w.Unusable() {
				continue
			}
			f := unusableWebhook(w)
			if w.Conditional {
				applyConditions(p, w, &f)
			}
			if w.Endpoints == 0 && f.Severity != check.Info {
				sayWhyEmpty(p, w.Service, &f)
			}
			fs = append(fs, f)
		}
		return limited(fs, "webhook configuration"), nil
	},
}

// namedInCluster is the finding on a webhook whose URL has a name of the cluster's DNS.
func namedInCluster(w facts.Webhook) check.Finding {
	f := check.Finding{
		Severity: check.Info, Target: w.Configuration,
		Summary: fmt.Sprintf("webhook %s is called at the URL of %s, a name that the API server cannot resolve", w.Name, w.Host),
		Cause:   "the API server does not ask the cluster's DNS; only clientConfig.service leads to a Service",
		Fixes: []check.Fix{fix("name the Service in clientConfig.service instead of the URL",
			cmdline.Kubectl("edit", w.Configuration.String()))},
	}
	if !w.FailClosed {
		return f
	}
	f.Severity, f.Cause = check.Warning, "requests that it matches are rejected: "+f.Cause
	if w.MatchesPods && w.MatchesKubeSystem && !w.Selective && !w.Conditional {
		f.Severity = check.Error
	}
	f.Fixes = append(f.Fixes, ignoreFix(w))
	return f
}

// unusableWebhook is the finding on a webhook with failurePolicy Fail that is Unusable.
func unusableWebhook(w facts.Webhook) check.Finding {
	f := check.Finding{
		Severity: check.Info, Target: w.Configuration,
		Summary: fmt.Sprintf("webhook %s has no ready endpoint in Service %s/%s", w.Name, w.Service.Namespace, w.Service.Name),
		Cause:   "requests that it matches are rejected until it has an endpoint",
		Fixes: []check.Fix{
			fix("find out why the webhook has no ready pod", cmdline.Kubectl("insideout", "svc/"+w.Service.Name, "-n", w.Service.Namespace)),
			ignoreFix(w),
		},
	}
	if len(w.Ports) > 0 {
		f.Summary = fmt.Sprintf("webhook %s names port %d, which Service %s/%s does not have", w.Name, w.Port, w.Service.Namespace,
			w.Service.Name)
		f.Cause = fmt.Sprintf("requests that it matches are rejected; the Service has port %s", joined(w.Ports))
		f.Fixes = []check.Fix{fix("correct the port in the webhook configuration, or the Service",
			cmdline.Kubectl("edit", w.Configuration.String())), ignoreFix(w)}
		f.Severity = check.Warning
	}
	if w.MatchesPods || w.DryRunKind != "" || w.Matches {
		switch {
		case w.Elsewhere && w.Nowhere: // nobody's requests are rejected at present
		case w.Elsewhere || w.Selective:
			f.Severity = check.Warning
		default:
			f.Severity = check.Error
		}
	}
	if w.Selective {
		f.Cause += "; its objectSelector selects only objects with some labels"
	}
	if w.Elsewhere && len(w.Ports) == 0 {
		f.Cause = "requests that it matches are rejected until it has an endpoint; its namespaceSelector selects only some namespaces"
		if w.Nowhere {
			f.Cause = "requests that it matches would be rejected; its namespaceSelector selects no namespace at present"
		}
	}
	if w.Conditional && f.Severity == check.Error {
		f.Severity = check.Warning
		f.Cause = "requests that it matches are rejected until it has an endpoint; its matchConditions may exclude many"
	}
	if w.OwnPods && !w.Conditional {
		f.Cause = fmt.Sprintf("it is asked about its own pods, in namespace %s, so they cannot be created again: a deadlock",
			w.Service.Namespace)
		f.Fixes = []check.Fix{ignoreFix(w), weakening(fix("exclude its namespace in its namespaceSelector, permanently",
			cmdline.Kubectl("edit", w.Configuration.String())), "nothing is checked there")}
	}
	if w.MatchesPods && w.MatchesKubeSystem && !w.Conditional && !w.Selective {
		f.Cause = "it also matches pods of kube-system, so a lost tunnel agent cannot be re-created: a deadlock"
	}
	return f
}

// applyConditions corrects the finding on an unusable webhook with matchConditions by what the API server made of them in a dry run.
func applyConditions(p *check.Pass, w facts.Webhook, f *check.Finding) {
	runs, err := facts.DryRuns.Get(p)
	if err != nil {
		return // they may exclude many requests, or none
	}
	for _, d := range runs {
		switch {
		case errtext.Explain(d.Error).Webhook == w.Name:
			f.Severity = check.Error
			if d.Elsewhere || len(d.Labels) > 0 {
				f.Severity = check.Warning
			}
			f.Cause = "requests that it matches are rejected until it has an endpoint; its matchConditions include the one that was tried"
			f.Evidence = append(f.Evidence, check.Evidence{Source: d.Command(), Lines: []string{d.Error}})
			return
		case d.Error == "" && d.Object == "" && d.Calls(w): // a condition often excludes changes of metadata
			f.Severity = check.Info
			f.Cause = "requests that it matches would be rejected; its matchConditions exclude the one that was tried"
		}
	}
}

// joined lists ports in a sentence.
func joined(ports []int32) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(int(p))
	}
	return strings.Join(words, ", ")
}

// serverFix is the fix for the server of a webhook that does not answer the API server, by the class of the error.
func serverFix(w facts.Webhook, class errtext.Class) check.Fix {
	if w.Outside == "" {
		return checkServiceFix(w.Service, class)
	}
	return fix("check whether "+w.Outside+" answers, its certificate, and whether its firewall lets the API server in; or correct the URL",
		cmdline.Kubectl("get", w.Configuration.String(), "-o", "yaml"))
}

// checkServiceFix is the fix for a Service that does not answer the API server, by the class of the error.
func checkServiceFix(service check.Ref, class errtext.Class) check.Fix {
	insideout := cmdline.Kubectl("insideout", "svc/"+service.Name, "-n", service.Namespace)
	switch class {
	case errtext.Refused:
		return fix("find out why its pods do not listen on the port: they may still start, without a readiness probe, or use another", insideout)
	case errtext.CertificateInvalid:
		return fix("correct the certificate, or caBundle if another CA issued it; this shows the one that the Service's pods present", insideout)
	case errtext.NotTLS, errtext.WrongServer:
		return fix("compare the Service's targetPort with what its pods serve there, and the certificate with caBundle", insideout)
	}
	return fix("check whether its pods answer, and which NetworkPolicies select them",
		insideout,
		cmdline.Kubectl("get", "networkpolicies", "-n", service.Namespace))
}
