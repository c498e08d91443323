package facts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// DryRun is the result of a creation in a server-side dry run.
type DryRun struct {
	Kind      string `json:"kind"` // pods or configmaps
	Namespace string `json:"namespace,omitempty"`
	Error     string `json:"error,omitempty"`
	// Webhook is that for which the object has Labels and is in that namespace; empty: it has no labels, and is for all.
	Webhook string            `json:"webhook,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	// Elsewhere reports whether Namespace is not the user's, because the webhook does not select that.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// TimedOut reports whether dryRunTimeout ended the request: Error names no webhook then.
	TimedOut bool `json:"timedOut,omitempty"`
	// Millis is how long it took, in milliseconds; zero: unknown, as in old bundles.
	Millis int64 `json:"millis,omitempty"`
}

// leastDelay is from which timeout on, in seconds, a webhook that ignores failures is told to delay requests: a busy API server takes as
// long as a shorter one by itself.
const leastDelay = 3

// Late reports whether the dry run calls the webhook and took so long that the webhook may have used up its time, or may not have yet. One
// that fails closed and has used it up would have made the run fail.
func (d DryRun) Late(w Webhook) bool {
	timeout := time.Duration(w.Timeout) * time.Second
	switch {
	case !d.Calls(w) || w.Conditional:
		return false
	case d.TimedOut:
		return timeout >= dryRunTimeout
	}
	return !w.FailClosed && w.Timeout >= leastDelay && d.Millis >= timeout.Milliseconds()
}

// Calls reports whether the dry run calls the webhook, unless its matchConditions exclude the request.
func (d DryRun) Calls(w Webhook) bool {
	return d.Webhook == w.Name || d.Webhook == "" && w.DryRunKind == d.Kind && w.SelectsOwn
}

// triable reports whether a dry run shows what is not known already: whether a webhook answers, or whether the matchConditions of one that
// cannot answer exclude the request.
func (w Webhook) triable() bool { return !w.Unusable() || w.FailClosed && w.Conditional }

// Command returns the command with which a user tries the same.
func (d DryRun) Command() cmdline.Command {
	if d.Kind == "pods" {
		run := cmdline.Kubectl("run", "akstools-dry-run", "-n", d.Namespace, "--image=none", "--dry-run=server")
		if len(d.Labels) > 0 {
			run = run.With("--labels=" + labels.FormatLabels(d.Labels))
		}
		return run
	}
	return cmdline.Kubectl("create", "configmap", "akstools-dry-run", "-n", d.Namespace, "--dry-run=server")
}

// dryRunTimeout limits a dry run. One webhook may take up to 30 s, and mutating webhooks are called one after another.
const dryRunTimeout = 15 * time.Second

// DryRuns are server-side dry runs of creations for which webhooks are called.
var DryRuns = &Fact[[]DryRun]{
	Name:   "webhook-dry-runs",
	Needs:  []check.Need{Webhooks},
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

// trials sends the dry runs of the webhooks that fail closed and have one of their own. What cannot be tried there shows nothing.
func trials(ctx context.Context, e *Env, webhooks []Webhook) []DryRun {
	var chosen []Webhook
	var namespaces []string
	finder := namespaceFinder{e: e, found: map[string]string{}}
	for _, w := range webhooks {
		if w.Trial == nil || !w.FailClosed || !w.triable() || len(chosen) == maxTrials {
			continue
		}
		namespace, err := finder.find(ctx, w.Trial.Namespaces)
		common := namespace == e.Clients.Namespace && len(w.Trial.Labels) == 0 && w.DryRunKind != ""
		if err == nil && namespace != "" && !common {
			chosen, namespaces = append(chosen, w), append(namespaces, namespace)
		}
	}
	runs, errs := make([]DryRun, len(chosen)), make([]error, len(chosen))
	fact.Concurrently(len(chosen), func(i int) { runs[i], errs[i] = dryRun(ctx, e, *chosen[i].Trial, namespaces[i]) })
	var list []DryRun
	for i, d := range runs {
		if errs[i] == nil {
			d.Webhook, d.Elsewhere = chosen[i].Name, d.Namespace != e.Clients.Namespace
			list = append(list, d)
		}
	}
	return list
}

// dryRun sends one dry run. It returns an error if the user lacks the permission, or if it could not be sent.
func dryRun(ctx context.Context, e *Env, t Trial, namespace string) (DryRun, error) {
	d := DryRun{Kind: t.Kind, Namespace: namespace, Labels: t.Labels}
	create := func(ctx context.Context) error { return t.create(ctx, e, namespace) }
	took, err := timedRequest(ctx, dryRunTimeout, create)
	if err == nil && took >= leastDelay*time.Second { // once may be chance
		again, failed := timedRequest(ctx, dryRunTimeout, create)
		took, err = min(took, again), failed
	}
	d.Millis = took.Milliseconds()
	if denied := denial(err); denied != nil {
		return d, denied
	}
	switch {
	case err == nil:
	case errors.Is(err, errNotTried), apierrors.IsTooManyRequests(err):
		return d, fmt.Errorf("dry run of %s: %w", t.Kind, err)
	case errors.Is(err, errNoAnswer):
		d.TimedOut, d.Error = true, fmt.Sprintf("no answer within %s", dryRunTimeout)
	default:
		d.Error = redact.Message(err.Error())
	}
	return d, nil
}
