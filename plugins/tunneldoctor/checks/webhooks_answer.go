package checks

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// WebhooksAnswer finds webhooks that have endpoints but do not answer in time.
var WebhooksAnswer = &check.Check{
	Code: "TUN0702",
	Name: "webhooks-answer",
	Hop:  hopServices,
	Doc: `the admission webhooks answer in time

Dry runs make the API server call them through the tunnel: they create a pod, a ConfigMap or another object that the webhook is asked
about, or annotate one, and nothing is stored. Those of other resources are sent where you may create or patch them. A webhook may be slow,
a NetworkPolicy may block the tunnel agents from its pods, or its Service may select pods that do not serve it. One with failurePolicy
Ignore that does not answer rejects nothing, but each request that it matches waits until its timeout.`,
	Sources: []string{"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts"},
	After:   append(tunnelChecks(), WebhooksHaveEndpoints),
	Needs:   []check.Need{facts.Webhooks, facts.DryRuns, facts.Backends, facts.ClusterNodes, facts.CalledServices, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		runs, err := facts.DryRuns.Get(p)
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			p.Skip("no webhook can be tried by a dry run")
			return nil, nil
		}
		webhooks, err := facts.Webhooks.Get(p)
		if err != nil {
			return nil, err
		}
		for _, d := range runs {
			e := errtext.Explain(d.Error)
			if e.Class == errtext.DryRunUnsupported && d.Webhook == "" {
				return nil, fmt.Errorf("a dry run of %s was refused, because webhook %s does not support it: whether the others answer is unknown",
					d.Kind, e.Webhook)
			}
			if fs := failedAdmission(webhooks, d, e.Class); len(fs) > 0 {
				return fs, nil
			}
			if d.Error == "" || e.Webhook == "" || e.Class == errtext.PolicyDenied || e.Class == errtext.DryRunUnsupported {
				continue // a denial is no fault
			}
			return []check.Finding{failedCall(p, webhooks, d, e)}, nil
		}
		for _, d := range runs {
			if fs, err := lateWebhooks(p, webhooks, d); fs != nil || err != nil {
				return fs, err
			}
		}
		return strayPods(p), nil
	},
}

// failedAdmission returns the finding on webhooks of which one may have made the API server reject the dry run by itself: a match condition
// cannot be evaluated, or a patch cannot be applied. There is none if the error is of another class.
func failedAdmission(webhooks []facts.Webhook, d facts.DryRun, class errtext.Class) []check.Finding {
	var names []string
	f := check.Finding{Severity: check.Error, Evidence: []check.Evidence{{Source: d.Command(), Lines: []string{d.Error}}}}
	what := "a match condition of webhook %s cannot be evaluated: %s"
	title := "let the expression ask first whether the object has it, by has() or in"
	f.Cause = "its CEL expression fails for objects that lack what it reads, and with failurePolicy Fail they are rejected without a call"
	if class == errtext.PatchFailed {
		what, title = "the patch of webhook %s does not apply: %s", "exclude such objects from its rules, until its program is corrected"
		f.Cause = "the webhook answers, and its JSON patch changes a part that the object lacks: the API server rejects it"
	}
	for _, w := range webhooks {
		suspect := class == errtext.ConditionFailed && w.Conditional && w.FailClosed ||
			class == errtext.PatchFailed && w.Configuration.Kind == "mutatingwebhookconfiguration"
		if !suspect || !d.Calls(w) {
			continue
		}
		if names = append(names, w.Name); len(names) == 1 {
			f.Target = w.Configuration
			f.Fixes = []check.Fix{fix(title, cmdline.Kubectl("edit", w.Configuration.String()))}
			if class == errtext.ConditionFailed {
				f.Fixes = append(f.Fixes, ignoreFix(w))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	f.Summary = fmt.Sprintf(what, joinNames(names), d.Error)
	if d.Elsewhere || len(d.Labels) > 0 {
		f.Severity = check.Warning
	}
	return []check.Finding{f}
}

// failedCall is the finding on the webhook of which a dry run says that calling it failed.
func failedCall(p *check.Pass, webhooks []facts.Webhook, d facts.DryRun, e errtext.Explanation) check.Finding {
	f := check.Finding{
		Severity: check.Error, Target: check.Ref{Kind: "webhook", Name: e.Webhook},
		Summary:  fmt.Sprintf("webhook %s failed in a dry run: %s", e.Webhook, d.Error),
		Cause:    firstNonEmpty(e.Meaning, "it is slow or unreachable"),
		Evidence: []check.Evidence{{Source: d.Command(), Lines: []string{d.Error}}},
	}
	for _, w := range webhooks {
		if w.Name == e.Webhook && w.Host == "" {
			f.Target = w.Configuration
			f.Fixes = []check.Fix{serverFix(w, e.Class), ignoreFix(w)}
			if w.Outside != "" {
				f.Cause = also(f.Cause, outside(w.Outside))
			} else {
				blameBackend(p, w.Service, e.Class, &f)
			}
		}
	}
	if node := answeringKubelet(p, d.Error); node != "" {
		f.Cause = fmt.Sprintf("the kubelet of node %s answers in its place: the webhook's port on the node, 10250, is the kubelet's", node)
		f.Fixes = append([]check.Fix{fix("give the webhook's server another port than 10250")}, f.Fixes...)
	}
	if d.Elsewhere {
		f.Severity = check.Warning
		f.Cause = also(f.Cause, "it selects some namespaces, such as "+d.Namespace+", and not yours")
	}
	return f
}

// also adds a clause to a cause, which may be a sentence.
func also(cause, clause string) string { return strings.TrimSuffix(cause, ".") + "; " + clause }

// lateWebhooks returns the finding on the webhooks that may have used up their time in the dry run; nil if none has.
func lateWebhooks(p *check.Pass, webhooks []facts.Webhook, d facts.DryRun) ([]check.Finding, error) {
	var late []facts.Webhook
	var names []string
	for _, w := range webhooks {
		if d.Late(w) && (w.Endpoints > 0 || w.Outside != "") {
			late, names = append(late, w), append(names, w.Name)
		}
	}
	switch {
	case d.TimedOut && len(late) > 0:
		return nil, fmt.Errorf("a dry run of %s timed out, and which webhook caused it is unknown; so long may take: %s", d.Kind,
			joinNames(names))
	case d.TimedOut:
		return nil, fmt.Errorf("a dry run of %s timed out, and which webhook caused it is unknown: "+
			"see kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations", d.Kind)
	case len(late) == 0:
		return nil, nil
	}
	took := fmt.Sprintf("%.0f s", float64(d.Millis)/1000)
	w := late[0]
	f := check.Finding{
		Severity: check.Warning, Target: w.Configuration,
		Summary: fmt.Sprintf("a dry run of %s took %s, twice: webhook %s used up its timeout of %d s", d.Kind, took, w.Name, w.Timeout),
		Cause:   fmt.Sprintf("failurePolicy Ignore rejects nothing, but each request that the webhook matches is delayed by %d s", w.Timeout),
		Fixes: []check.Fix{serverFix(w, errtext.Timeout), fix("narrow what it is asked about, or shorten its timeoutSeconds",
			cmdline.Kubectl("edit", w.Configuration.String()))},
		Evidence: []check.Evidence{{Source: d.Command(), Lines: []string{"took " + took}}},
	}
	if len(late) > 1 {
		f.Summary = fmt.Sprintf("a dry run of %s took %s, twice: one of the webhooks %s may have used up its timeout", d.Kind, took,
			joinNames(names))
		f.Cause = "each request that it matches is delayed by its timeout, also with failurePolicy Ignore"
		return []check.Finding{f}, nil
	}
	if w.Outside == "" {
		blameBackend(p, w.Service, errtext.Timeout, &f)
	}
	return []check.Finding{f}, nil
}

// otherCertificate is what Go's client says of a server that presents a certificate for other names.
var otherCertificate = regexp.MustCompile(`x509: certificate is valid for ([^ ,]+)`)

// answeringKubelet returns the node whose kubelet presented its certificate, by the error of a call; empty: none is known to.
func answeringKubelet(p *check.Pass, message string) string {
	match := otherCertificate.FindStringSubmatch(message)
	if match == nil {
		return ""
	}
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil || nodes.Find(match[1]) == nil {
		return ""
	}
	return match[1]
}
