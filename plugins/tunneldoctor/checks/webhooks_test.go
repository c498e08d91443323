package checks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TestWebhooksOfTenants: a webhook without endpoints that only some namespaces can meet is a warning, and none if there are none such.
func TestWebhooksOfTenants(t *testing.T) {
	for name, c := range map[string]struct {
		webhook facts.Webhook
		want    check.Status
	}{
		"pods of all namespaces":  {facts.Webhook{FailClosed: true, MatchesPods: true}, check.Fail},
		"pods of some namespaces": {facts.Webhook{FailClosed: true, MatchesPods: true, Elsewhere: true}, check.Warn},
		"the same, conditional":   {facts.Webhook{FailClosed: true, MatchesPods: true, Elsewhere: true, Conditional: true}, check.Warn},
		"pods of no namespace":    {facts.Webhook{FailClosed: true, MatchesPods: true, Elsewhere: true, Nowhere: true}, check.Passed},
	} {
		alone := *WebhooksHaveEndpoints
		alone.After = nil
		r := check.Run(t.Context(), []*check.Check{&alone}, gathered{"webhooks": []facts.Webhook{c.webhook}}, nil)[0]
		if r.Status != c.want || len(r.Findings) != 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestDryRunThatIsRefused: a webhook that the API server may not call for a dry run is no fault, and says nothing of the others.
func TestDryRunThatIsRefused(t *testing.T) {
	alone := *WebhooksAnswer
	alone.After = nil
	r := check.Run(t.Context(), []*check.Check{&alone}, gathered{
		facts.Webhooks.Name: []facts.Webhook{{Name: "a.example.com", FailClosed: true}},
		facts.DryRuns.Name:  []facts.DryRun{{Kind: "pods", Error: `admission webhook "b.example.com" does not support dry run`}},
	}, nil)[0]
	if r.Status != check.Unknown || len(r.Findings) != 0 || !strings.Contains(fmt.Sprint(r), "webhook b.example.com does not support it") {
		t.Errorf("%+v", r)
	}
}

// TestMatchConditions: what the API server made of a webhook's matchConditions in a dry run decides whether one without endpoints counts.
func TestMatchConditions(t *testing.T) {
	w := facts.Webhook{Name: "a.example.com", FailClosed: true, MatchesPods: true, SelectsOwn: true, Conditional: true, DryRunKind: "pods"}
	for name, c := range map[string]struct {
		runs []facts.DryRun
		want check.Status
	}{
		"not tried":     {nil, check.Warn},
		"not called":    {[]facts.DryRun{{Kind: "configmaps"}}, check.Warn},
		"excluded":      {[]facts.DryRun{{Kind: "pods"}}, check.Passed},
		"another fails": {[]facts.DryRun{{Kind: "pods", Error: `failed calling webhook "b.example.com": no endpoints`}}, check.Warn},
		"included":      {[]facts.DryRun{{Kind: "pods", Error: `failed calling webhook "a.example.com": no endpoints available`}}, check.Fail},
		"included elsewhere": {
			[]facts.DryRun{{Kind: "pods", Elsewhere: true, Error: `failed calling webhook "a.example.com": no endpoints available`}}, check.Warn,
		},
	} {
		alone := *WebhooksHaveEndpoints
		alone.After = nil
		r := check.Run(t.Context(), []*check.Check{&alone}, gathered{
			facts.Webhooks.Name: []facts.Webhook{w}, facts.DryRuns.Name: c.runs,
		}, nil)[0]
		if r.Status != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
