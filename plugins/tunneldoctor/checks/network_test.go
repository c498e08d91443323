package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// Which agents fail shows where to look: all of them, all but the one on the node itself, or some.
func TestPatternText(t *testing.T) {
	to := func(node string, o []nodecheck.Outcome) facts.NodeReport {
		return reportOf(node, map[string][]nodecheck.Outcome{"10.0.0.3": o})
	}
	elsewhere := reportOf("d", map[string][]nodecheck.Outcome{"10.0.0.1": lost})
	const all, own = "no agent reaches it", "only the agent on that node reaches it"
	const some = ", so some requests fail"
	for name, c := range map[string]struct {
		reports []facts.NodeReport // about c at 10.0.0.3
		want    string
	}{
		"one of one":            {[]facts.NodeReport{to("a", lost)}, all},
		"two of two":            {[]facts.NodeReport{to("a", lost), to("b", lost)}, all},
		"others did not try":    {[]facts.NodeReport{to("a", lost), to("b", nil), elsewhere}, all},
		"others gave no report": {[]facts.NodeReport{to("a", lost), {Node: "b", Error: "no report"}}, all},
		"sometimes counts":      {[]facts.NodeReport{to("a", sometimes), to("b", lost)}, all},
		"all but its own node":  {[]facts.NodeReport{to("a", lost), to("b", lost), to("c", answered)}, own},
		"all but another node":  {[]facts.NodeReport{to("a", lost), to("b", answered)}, "1 of 2 agents do not reach it" + some},
		"its own and another reach it": {
			[]facts.NodeReport{to("a", lost), to("b", answered), to("c", answered)}, "1 of 3 agents do not reach it" + some,
		},
	} {
		var paths []facts.BrokenPath
		for _, r := range c.reports {
			if reach := r.Report.Reach["10.0.0.3"]; r.Node != "c" && len(reach.Outcomes) > 0 && !reach.OK() {
				paths = append(paths, facts.BrokenPath{From: r, To: threeNodes().Items[2], Reach: reach})
			}
		}
		got := ""
		run(gathered{facts.AgentNodeReports.Name: reports(c.reports...)}, func(p *check.Pass) error {
			got = patternText(p, paths)
			return nil
		})
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A counter that counted no packets says something only if it counted on the target while the agents tried.
func TestCountText(t *testing.T) {
	zero, one, six := 0, 1, 6
	const unknown = "packets or replies: whether packets reach the target is unknown"
	for name, c := range map[string]struct {
		counts any // nil: could not be gathered
		want   string
	}{
		"not gathered":            {nil, unknown},
		"none was counted":        {[]facts.ConnectionCount{}, unknown},
		"another node's":          {[]facts.ConnectionCount{{Node: "a", Arrived: &six}}, unknown},
		"could not be counted":    {[]facts.ConnectionCount{{Node: "c", Error: "no nft", Overlapped: true}}, unknown},
		"0, but not all the time": {[]facts.ConnectionCount{{Node: "c", Arrived: &zero}}, unknown},
		"0 all the time":          {[]facts.ConnectionCount{{Node: "c", Arrived: &zero, Overlapped: true}}, "packets: none reached the target"},
		"one, at whatever time":   {[]facts.ConnectionCount{{Node: "c", Arrived: &one}}, "replies: the target saw 1 connection attempt"},
		"many":                    {[]facts.ConnectionCount{{Node: "c", Arrived: &six}}, "replies: the target saw 6 connection attempts"},
	} {
		g, got := gathered{}, ""
		if c.counts != nil {
			g[facts.KubeletConnectionCounts.Name] = c.counts
		}
		run(g, func(p *check.Pass) error {
			what, arrived := countText(p, facts.BrokenPath{To: threeNodes().Items[2]})
			got = what + ": " + arrived
			return nil
		})
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The matrix has a line for each failure, one for all successes of a node, and one for each node without a report, failures first.
func TestReachMatrix(t *testing.T) {
	many := facts.NodeList{}
	lostMany := map[string][]nodecheck.Outcome{}
	for i := range 30 {
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		many.Items = append(many.Items, podhealth.Node{Name: fmt.Sprintf("n%d", i+1), IP: ip})
		lostMany[ip.String()] = lost
	}
	lostMany["10.0.0.30"] = answered
	var lostLines []string
	for i := range 20 {
		lostLines = append(lostLines, fmt.Sprintf("✗ n1 -> n%d: timed out", i+1))
	}
	for name, c := range map[string]struct {
		nodes   facts.NodeList
		reports []facts.NodeReport
		want    []string // without the heading
	}{
		"no reports": {nodes: threeNodes()},
		"one tried nothing": {nodes: threeNodes(), reports: []facts.NodeReport{
			reportOf("a", map[string][]nodecheck.Outcome{"10.0.0.2": nil, "10.0.9.9": lost}),
		}},
		"all are reached": {nodes: threeNodes(), reports: []facts.NodeReport{
			reportOf("a", map[string][]nodecheck.Outcome{"10.0.0.1": answered, "10.0.0.2": answered}),
		}, want: []string{"✓ a -> a, b"}},
		"failures first": {nodes: threeNodes(), reports: []facts.NodeReport{
			reportOf("a", map[string][]nodecheck.Outcome{"10.0.0.1": answered, "10.0.0.3": sometimes}),
			{Node: "b", Error: "no report"},
			reportOf("c", map[string][]nodecheck.Outcome{"10.0.0.2": {nodecheck.Refused}, "10.0.0.3": answered}),
		}, want: []string{"✗ a -> c: timed out", "✗ c -> b: refused", "✓ a -> a", "✓ c -> c", "? b: no report"}},
		"many failures are counted": {nodes: many, reports: []facts.NodeReport{
			reportOf("n1", lostMany), reportOf("n2", map[string][]nodecheck.Outcome{"10.0.0.1": lost}),
		}, want: append(slices.Clone(lostLines), "✗ 10 more failures", "✓ n1 -> n30")},
		"one failure more than are listed": {
			nodes: facts.NodeList{Items: many.Items[:21]}, reports: []facts.NodeReport{reportOf("n1", lostMany)},
			want: append(slices.Clone(lostLines), "✗ 1 more failure"),
		},
	} {
		var got []string
		run(gathered{
			facts.ClusterNodes.Name: c.nodes, facts.AgentNodeReports.Name: reports(c.reports...),
		}, func(p *check.Pass) error {
			got = reachMatrix(p)
			return nil
		})
		if len(got) == 0 || got[0] != "agent's node -> kubelet's node" {
			t.Errorf("%s: no heading in %q", name, got)
			continue
		}
		if diff := cmp.Diff(c.want, got[1:], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The rule, its place, and the chains that lead to it if there are several. Without a rule, the reason.
func TestDescribeRule(t *testing.T) {
	rule := &firewall.Rule{Backend: firewall.IPTables, Table: "filter", Chain: "MINE", Number: 2, Text: "-A MINE -j DROP"}
	policy := &firewall.Rule{Backend: firewall.IPTablesLegacy, Table: "filter", Chain: "INPUT", Text: "-P INPUT DROP"}
	for name, c := range map[string]struct {
		verdict firewall.Verdict
		want    string
	}{
		"no rule": {firewall.Verdict{Reason: "a set is unknown"}, "a set is unknown"},
		"a rule":  {firewall.Verdict{Rule: rule}, "-A MINE -j DROP (" + firewall.IPTables + ", table filter, chain MINE, rule 2)"},
		"a chain's policy": {
			firewall.Verdict{Rule: policy, Path: []string{"filter INPUT"}},
			"-P INPUT DROP (" + firewall.IPTablesLegacy + ", table filter, chain INPUT)",
		},
		"via two chains": {
			firewall.Verdict{Rule: rule, Path: []string{"filter INPUT", "filter MINE"}, Reason: "not shown"},
			"-A MINE -j DROP (" + firewall.IPTables + ", table filter, chain MINE, rule 2), via filter INPUT → filter MINE",
		},
	} {
		if got := describeRule(c.verdict); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
