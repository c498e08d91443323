package facts

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// triable reports whether a dry run shows what is not known already: whether a webhook answers, or whether the matchConditions of one that
// cannot answer exclude the request.
func (w Webhook) triable() bool { return !w.Unusable() || w.FailClosed && w.Conditional }

// DryRuns are server-side dry runs of creations and changes for which webhooks are called. Those of other resources than dryRunKinds are
// sent only where the user may, which the plugin's role does not include.
var DryRuns = &Fact[[]DryRun]{
	Name:   "webhook-dry-runs",
	Needs:  []check.Need{Webhooks, AggregatedAPIs},
	Access: []rbacv1.PolicyRule{fact.Rule("", "namespaces", "list")},
	Create: []rbacv1.PolicyRule{fact.Rule("", "configmaps", "create"), fact.Rule("", "pods", "create")},
	Gather: func(ctx context.Context, e *Env) ([]DryRun, []check.Evidence, error) {
		webhooks, err := Webhooks.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		list := []DryRun{}
		for _, kind := range dryRunKinds {
			if !slices.ContainsFunc(webhooks, func(w Webhook) bool { return w.DryRunKind == kind && w.triable() }) {
				continue
			}
			d, err := dryRun(ctx, e, Trial{Kind: kind}, e.Clients.Namespace)
			if err != nil && !slices.ContainsFunc(webhooks, func(w Webhook) bool { return w.FailClosed && w.DryRunKind == kind }) {
				continue // nothing is rejected
			}
			if err != nil {
				return list, nil, err
			}
			list = append(list, d)
		}
		return append(list, trials(ctx, e, webhooks)...), nil, nil
	},
}

// trials sends the dry runs of the webhooks that fail closed and have one of their own, first one for each Service or URL. What cannot be
// tried there shows nothing.
func trials(ctx context.Context, e *Env, webhooks []Webhook) []DryRun {
	var chosen, others []Webhook
	for _, w := range webhooks {
		if w.Trial == nil || !w.FailClosed || !w.triable() {
			continue
		}
		if slices.ContainsFunc(chosen, func(o Webhook) bool { return o.Service == w.Service && o.Outside == w.Outside }) {
			others = append(others, w)
		} else {
			chosen = append(chosen, w)
		}
	}
	chosen = append(chosen, others...)
	chosen = chosen[:min(len(chosen), maxTrials)]
	finder := namespaceFinder{e: e, found: map[string]string{}}
	namespaces := make([]string, len(chosen)) // empty: none, or the usual dry run is enough
	for i, w := range chosen {
		namespace, err := finder.find(ctx, w.Trial.Namespaces)
		own := namespace == e.Clients.Namespace
		if err == nil && (!own || !w.Trial.usual() || w.DryRunKind == "") {
			namespaces[i] = namespace
		}
	}
	runs, errs := make([]DryRun, len(chosen)), make([]error, len(chosen))
	fact.Concurrently(len(chosen), func(i int) {
		if errs[i] = errNothing; namespaces[i] != "" {
			runs[i], errs[i] = dryRun(ctx, e, *chosen[i].Trial, namespaces[i])
		}
	})
	var list []DryRun
	for i, d := range runs {
		if errs[i] == nil {
			d.Webhook, d.Elsewhere = chosen[i].Name, chosen[i].Trial.Namespaces != "" && d.Namespace != e.Clients.Namespace
			list = append(list, d)
		}
	}
	return list
}

// usual reports whether the trial is one that is made for all webhooks, but for the namespace.
func (t Trial) usual() bool { return t.API == "" && !t.Change && len(t.Labels) == 0 }
