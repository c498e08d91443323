package checks

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// findings returns n findings of that severity about nodes numbered from first.
func findings(s check.Severity, first, n int) []check.Finding {
	var list []check.Finding
	for i := range n {
		list = append(list, check.Finding{Severity: s, Target: nodeRef(fmt.Sprintf("n%d", first+i)), Summary: "it fails"})
	}
	return list
}

func TestLimited(t *testing.T) {
	few := findings(check.Error, 1, maxFindings)
	if diff := cmp.Diff(few, limited(few, "node")); diff != "" {
		t.Error(diff)
	}
	got := limited(append(findings(check.Info, 1, 3), findings(check.Error, 4, 12)...), "node")
	want := append(findings(check.Error, 4, maxFindings), check.Finding{
		Severity: check.Error, Target: nodeRef("n14"), Also: []check.Ref{nodeRef("n15"), nodeRef("n1"), nodeRef("n2"), nodeRef("n3")},
		Summary: "similar findings about 5 more nodes: n14, n15, n1 and 2 more",
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = limited(append(few, few[0]), "node")
	if last := got[len(got)-1]; last.Summary != "similar findings about 1 more node: n1" || len(last.Also) > 0 {
		t.Errorf("%+v", last)
	}
}

// Every node with a fault is in the report, however many there are.
func TestNoFindingIsDropped(t *testing.T) {
	const n = 300
	var nodes facts.NodeList
	var logs []facts.Attempts
	var apis []facts.AggregatedAPI
	var hooks []facts.Webhook
	for i := range n {
		name := fmt.Sprintf("n%d", i)
		nodes.Items = append(nodes.Items, podhealth.Node{Name: name, Chosen: true})
		logs = append(logs, facts.Attempts{Node: name, Errors: []string{facts.NoAnswer}})
		apis = append(apis, facts.AggregatedAPI{Name: name, Error: facts.NoAnswer})
		hooks = append(hooks, facts.Webhook{Name: name, FailClosed: true, Configuration: check.Ref{Kind: "webhook", Name: name}})
	}
	g := gathered{
		facts.ClusterNodes.Name: nodes, facts.LogAttempts.Name: logs, facts.AggregatedAPIs.Name: apis, facts.Webhooks.Name: hooks,
	}
	for _, c := range []*check.Check{NodesReport, LogsCanBeRead, AggregatedAPIsAnswer, WebhooksHaveEndpoints} {
		r := alone(t, c, g)
		objects := map[check.Ref]bool{}
		for _, f := range r.Findings {
			for _, o := range append([]check.Ref{f.Target}, f.Also...) {
				objects[o] = true
			}
		}
		if len(objects) != n || len(r.Findings) != maxFindings+1 {
			t.Errorf("%s: %d findings about %d objects", c.Code, len(r.Findings), len(objects))
		}
	}
}
