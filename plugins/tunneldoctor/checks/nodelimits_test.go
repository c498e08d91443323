package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TestLimitsOfNodes: a limit of the kernel counts where it is reached, and where it is known.
func TestLimitsOfNodes(t *testing.T) {
	for name, c := range map[string]struct {
		of      *check.Check
		kubelet nodecheck.KubeletState
		want    check.Status
	}{
		"connections unknown":    {ConnectionTablesHaveRoom, nodecheck.KubeletState{Tracked: 5}, check.Skip},
		"room for connections":   {ConnectionTablesHaveRoom, nodecheck.KubeletState{Tracked: 900, MaxTracked: 1000}, check.Passed},
		"almost no room":         {ConnectionTablesHaveRoom, nodecheck.KubeletState{Tracked: 981, MaxTracked: 1000}, check.Fail},
		"no room":                {ConnectionTablesHaveRoom, nodecheck.KubeletState{Tracked: 1000, MaxTracked: 1000}, check.Fail},
		"watches unknown":        {KubeletsFollowLogs, nodecheck.KubeletState{Watches: 5}, check.Skip},
		"one watch left":         {KubeletsFollowLogs, nodecheck.KubeletState{Watches: 127, MaxWatches: 128}, check.Passed},
		"no watch left":          {KubeletsFollowLogs, nodecheck.KubeletState{Watches: 128, MaxWatches: 128}, check.Fail},
		"limit lowered since":    {KubeletsFollowLogs, nodecheck.KubeletState{Watches: 30, MaxWatches: 1}, check.Fail},
		"sessions last":          {IdleSessionsLast, nodecheck.KubeletState{StreamIdle: 14400}, check.Passed},
		"sessions end":           {IdleSessionsLast, nodecheck.KubeletState{StreamIdle: 4}, check.Warn},
		"sessions unknown":       {IdleSessionsLast, nodecheck.KubeletState{}, check.Skip},
		"nothing of either kind": {KubeletsFollowLogs, nodecheck.KubeletState{}, check.Skip},
	} {
		alone := *c.of
		alone.After = nil
		r := check.Run(t.Context(), []*check.Check{&alone}, gathered{
			facts.ClusterNodes.Name:     facts.NodeList{Items: []podhealth.Node{{Name: "n1"}}},
			facts.AgentNodeReports.Name: facts.NodeReports{Items: []facts.NodeReport{{Node: "n1", Report: nodecheck.Result{Kubelet: &c.kubelet}}}},
		}, nil)[0]
		if r.Status != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestFailedAdmission: what the API server says of a request that it rejected by itself leads to the webhooks that may be at fault.
func TestFailedAdmission(t *testing.T) {
	const condition = `pods "x" is forbidden: expression 'object.metadata.labels['a'] == 'b'' resulted in error: no such key: a`
	const patch = `Internal error occurred: replace operation does not apply: doc is missing path: /spec/nodeSelector/pool: missing value`
	mutating := facts.Webhook{Name: "m", DryRunKind: "pods", SelectsOwn: true, Configuration: check.Ref{Kind: "mutatingwebhookconfiguration"}}
	conditional := facts.Webhook{Name: "c", DryRunKind: "pods", SelectsOwn: true, FailClosed: true, Conditional: true}
	for name, c := range map[string]struct {
		webhooks []facts.Webhook
		run      facts.DryRun
		want     check.Status
	}{
		"a condition":               {[]facts.Webhook{conditional, mutating}, facts.DryRun{Kind: "pods", Error: condition}, check.Fail},
		"a condition, elsewhere":    {[]facts.Webhook{conditional}, facts.DryRun{Kind: "pods", Error: condition, Elsewhere: true}, check.Warn},
		"no webhook has conditions": {[]facts.Webhook{mutating}, facts.DryRun{Kind: "pods", Error: condition}, check.Passed},
		"a patch":                   {[]facts.Webhook{conditional, mutating}, facts.DryRun{Kind: "pods", Error: patch}, check.Fail},
		"no webhook mutates":        {[]facts.Webhook{conditional}, facts.DryRun{Kind: "pods", Error: patch}, check.Passed},
		"a quota": {
			[]facts.Webhook{conditional, mutating}, facts.DryRun{Kind: "pods", Error: `"x" is forbidden: exceeded quota`}, check.Passed,
		},
	} {
		alone := *WebhooksAnswer
		alone.After = nil
		r := check.Run(t.Context(), []*check.Check{&alone}, gathered{
			facts.Webhooks.Name: c.webhooks, facts.DryRuns.Name: []facts.DryRun{c.run},
		}, nil)[0]
		if r.Status != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
