package checks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TestWebhooksOfTenants: a webhook without endpoints that only some namespaces can meet is no fault of the cluster.
func TestWebhooksOfTenants(t *testing.T) {
	for name, c := range map[string]struct {
		webhook facts.Webhook
		want    check.Status
	}{
		"pods of all namespaces":  {facts.Webhook{FailClosed: true, MatchesPods: true}, check.Fail},
		"pods of some namespaces": {facts.Webhook{FailClosed: true, MatchesPods: true, Elsewhere: true}, check.Passed},
		"the same, conditional":   {facts.Webhook{FailClosed: true, MatchesPods: true, Elsewhere: true, Conditional: true}, check.Passed},
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
