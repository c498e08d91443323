package checks

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

var (
	answered  = []nodecheck.Outcome{nodecheck.Answered, nodecheck.Answered}
	sometimes = []nodecheck.Outcome{nodecheck.Answered, nodecheck.TimedOut}
	lost      = []nodecheck.Outcome{nodecheck.TimedOut, nodecheck.TimedOut}
)

// gathered holds facts by name; a fact that it lacks could not be gathered.
type gathered map[string]any

func (g gathered) Fact(_ context.Context, n check.Need) (any, []check.Evidence, error) {
	value, ok := g[n.FactName()]
	if !ok {
		return nil, nil, fmt.Errorf("no permission for %s", n.FactName())
	}
	return value, nil, nil
}

// run calls f with a Pass of a check that needs the facts of KubeletPortIsReached, and returns the check's result.
func run(g gathered, f func(*check.Pass) error) check.Result {
	c := &check.Check{
		Code: "TST0001", Name: "test", Hop: "test", Doc: "it holds", Needs: KubeletPortIsReached.Needs,
		Run: func(p *check.Pass) ([]check.Finding, error) { return nil, f(p) },
	}
	return check.Run(context.Background(), []*check.Check{c}, g, nil)[0]
}

// threeNodes are the Ready nodes a, b and c at 10.0.0.1, 10.0.0.2 and 10.0.0.3.
func threeNodes() facts.NodeList {
	var list facts.NodeList
	for i, name := range []string{"a", "b", "c"} {
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		list.Items = append(list.Items, podhealth.Node{Name: name, IP: ip, Ready: podhealth.Condition{Status: "True"}, Chosen: true})
	}
	return list
}

// reportOf returns the report of a node whose attempts had those outcomes, by the address of the target.
func reportOf(node string, outcomes map[string][]nodecheck.Outcome) facts.NodeReport {
	r := facts.NodeReport{Node: node, Report: nodecheck.Result{Reach: map[string]nodecheck.Reach{}}}
	for address, o := range outcomes {
		r.Report.Reach[address] = nodecheck.Reach{Outcomes: o}
	}
	return r
}

func reports(items ...facts.NodeReport) facts.NodeReports { return facts.NodeReports{Items: items} }

// Paths are known only from nodes with a report. Facts that would spare a path are not missed: without them, it counts.
func TestBrokenPaths(t *testing.T) {
	work := []facts.Attempts{{Node: "b", Succeeded: 3}}
	toB := func(o []nodecheck.Outcome) facts.NodeReport {
		return reportOf("a", map[string][]nodecheck.Outcome{"10.0.0.2": o})
	}
	none := facts.NodeReport{Node: "c", Error: "no report"}
	for name, c := range map[string]struct {
		nodes, reports, logs, tunnel any // nil: unknown
		want                         []string
		status                       check.Status
		text                         string // of the error, or of the reason to skip
	}{
		"no broken path":       {threeNodes(), reports(toB(answered)), work, facts.TunnelInfo{Kind: "x"}, nil, check.Passed, ""},
		"a broken path":        {threeNodes(), reports(toB(lost)), work, facts.TunnelInfo{Kind: "x"}, []string{"a b"}, check.Passed, ""},
		"no tunnel uses it":    {threeNodes(), reports(toB(lost)), work, facts.TunnelInfo{}, nil, check.Passed, ""},
		"the tunnel unknown":   {threeNodes(), reports(toB(lost)), work, nil, []string{"a b"}, check.Passed, ""},
		"logs can be read":     {threeNodes(), reports(toB(sometimes)), work, nil, nil, check.Passed, ""},
		"logs unknown":         {threeNodes(), reports(toB(sometimes)), nil, nil, []string{"a b"}, check.Passed, ""},
		"nodes unknown":        {nil, reports(toB(lost)), work, nil, nil, check.Unknown, "cluster-nodes"},
		"reports unknown":      {threeNodes(), nil, work, nil, nil, check.Unknown, "nodes could not be checked"},
		"not to be checked":    {threeNodes(), facts.NodeReports{Off: "--no-create"}, work, nil, nil, check.Skip, "--no-create"},
		"some reports missing": {threeNodes(), reports(none, toB(lost)), work, nil, []string{"a b"}, check.Passed, ""},
		"the report missing":   {threeNodes(), reports(none), work, nil, nil, check.Unknown, "node c: no report"},
		"no usable node":       {threeNodes(), reports(), work, nil, nil, check.Unknown, "no node is usable"},
		"no node":              {facts.NodeList{}, reports(), work, nil, nil, check.Passed, ""},
	} {
		g := gathered{}
		for fact, value := range map[check.Need]any{
			facts.ClusterNodes: c.nodes, facts.AgentNodeReports: c.reports, facts.LogAttempts: c.logs, facts.Tunnel: c.tunnel,
		} {
			if value != nil {
				g[fact.FactName()] = value
			}
		}
		var got []string
		r := run(g, func(p *check.Pass) error {
			_, broken, err := brokenPaths(p)
			for _, path := range broken {
				got = append(got, path.From.Node+" "+path.To.Name)
			}
			return err
		})
		if diff := cmp.Diff(c.want, got); diff != "" || r.Status != c.status || !strings.Contains(r.Error+r.Reason, c.text) {
			t.Errorf("%s: %s %s%s, want %s %s; %s", name, r.Status, r.Error, r.Reason, c.status, c.text, diff)
		}
	}
}

// The report of an agent's node counts if it covers the kubelet. A report that is missing is unknown, and the limit is named.
func TestKubeletReport(t *testing.T) {
	covers := func(node, unit string) facts.NodeReport {
		return facts.NodeReport{Node: node, Report: nodecheck.Result{Kubelet: &nodecheck.KubeletState{Unit: unit}}}
	}
	for name, c := range map[string]struct {
		agents, kubelets any    // nil: unknown
		unit             string // of the report
		text             string // of the error; empty: there is none
		limit            bool
	}{
		"by the agents' nodes":             {agents: reports(covers("a", "first")), unit: "first"},
		"by both":                          {agents: reports(covers("a", "first")), kubelets: reports(covers("a", "second")), unit: "first"},
		"by the kubelets' nodes":           {agents: reports(covers("b", "x")), kubelets: reports(covers("a", "second")), unit: "second"},
		"the agents' nodes are unknown":    {kubelets: reports(covers("a", "second")), unit: "second"},
		"the agents' report lacks it":      {agents: reports(reportOf("a", nil)), kubelets: reports(covers("a", "second")), unit: "second"},
		"the kubelets' report lacks it":    {agents: reports(), kubelets: reports(reportOf("a", nil)), text: "lacks its kubelet"},
		"the kubelets' nodes are unknown":  {agents: reports(), text: "no permission"},
		"there is no report":               {agents: reports(), kubelets: reports(facts.NodeReport{Node: "a", Error: "denied"}), text: "denied"},
		"the node is beyond the limit":     {agents: reports(), kubelets: reports(covers("b", "x")), text: errNotChecked.Error(), limit: true},
		"no kubelet's node was to be seen": {agents: reports(), kubelets: reports(), text: errNotChecked.Error(), limit: true},
	} {
		g := gathered{}
		if c.agents != nil {
			g[facts.AgentNodeReports.Name] = c.agents
		}
		if c.kubelets != nil {
			g[facts.KubeletNodeReports.Name] = c.kubelets
		}
		var got facts.NodeReport
		var err error
		run(g, func(p *check.Pass) error {
			got, err = kubeletReport(p, "a")
			return nil
		})
		switch {
		case c.text == "" && (err != nil || got.Report.Kubelet.Unit != c.unit):
			t.Errorf("%s: %+v, %v", name, got, err)
		case c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text) || errors.Is(err, errNotChecked) != c.limit):
			t.Errorf("%s: %v, want %q", name, err, c.text)
		}
	}
}

// The limit of nodes that are checked makes a check unknown only if no node was evaluated. Other errors always do.
func TestJoinUnknown(t *testing.T) {
	limit, other := fmt.Errorf("node a: %w", errNotChecked), errors.New("node b: denied")
	for name, c := range map[string]struct {
		errs      []error
		evaluated int
		want      error
	}{
		"no errors":                        {nil, 0, nil},
		"only the limit, none evaluated":   {[]error{limit}, 0, errNotChecked},
		"only the limit, one evaluated":    {[]error{limit, limit}, 1, nil},
		"another error, none evaluated":    {[]error{other}, 0, other},
		"the limit and another, evaluated": {[]error{limit, other}, 1, other},
	} {
		if got := joinUnknown(c.errs, c.evaluated); !cmp.Equal(c.want, got, cmpopts.EquateErrors()) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The target sees the agent's address only if the attempts came from the agent's network namespace and it has one of its own.
func TestSourceIP(t *testing.T) {
	own, v6 := netip.MustParseAddr("10.244.0.9"), netip.MustParseAddr("fd00::9")
	node := threeNodes().Items[0].IP
	for name, c := range map[string]struct {
		node      string
		agent     netip.Addr
		fromAgent bool
		want      netip.Addr
	}{
		"from the agent":           {"a", own, true, own},
		"from the agent, by IPv6":  {"a", v6, true, v6},
		"from its node instead":    {"a", own, false, node},
		"on the host network":      {"a", netip.Addr{}, true, node},
		"a node that stands in":    {"a", netip.Addr{}, false, node},
		"a node that was removed":  {"gone", own, false, netip.Addr{}},
		"the agent's node removed": {"gone", own, true, own},
	} {
		path := facts.BrokenPath{From: facts.NodeReport{Node: c.node, AgentIP: c.agent, Report: nodecheck.Result{FromAgent: c.fromAgent}}}
		if got := sourceIP(path.From, threeNodes()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
