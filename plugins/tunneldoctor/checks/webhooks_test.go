package checks

import (
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
