package checks

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

func TestUnevenly(t *testing.T) {
	const service, pod1, pod2 = "10.0.0.1:443", "10.244.0.5:8443", "10.244.1.5:8443"
	called := facts.CalledService{
		Of: "hook", Service: check.Ref{Kind: "service", Namespace: "ns", Name: "hook"}, At: netip.MustParseAddrPort(service),
	}
	for i, at := range []string{pod1, pod2} {
		called.Endpoints = append(called.Endpoints, facts.CalledEndpoint{
			At: netip.MustParseAddrPort(at), Pod: []string{"p1", "p2"}[i], Node: []string{"n1", "n2"}[i],
		})
	}
	ok := map[string]nodecheck.Outcome{service: nodecheck.Connected, pod1: nodecheck.Connected, pod2: nodecheck.Connected}
	with := func(bad ...string) map[string]nodecheck.Outcome {
		m := map[string]nodecheck.Outcome{service: nodecheck.Connected, pod1: nodecheck.Connected, pod2: nodecheck.Connected}
		for _, at := range bad {
			m[at] = nodecheck.TimedOut
		}
		return m
	}
	for name, c := range map[string]struct {
		from [2]map[string]nodecheck.Outcome
		want string // part of the cause; empty: no finding
	}{
		"all well":                {[2]map[string]nodecheck.Outcome{ok, ok}, ""},
		"neither":                 {[2]map[string]nodecheck.Outcome{with(service), with(service)}, ""},
		"outdated rules":          {[2]map[string]nodecheck.Outcome{with(service), ok}, "not its cluster IP: the rules of kube-proxy"},
		"a pod serves nothing":    {[2]map[string]nodecheck.Outcome{with(service, pod2), with(pod2)}, "no agent's node reaches it"},
		"the way between nodes":   {[2]map[string]nodecheck.Outcome{with(service, pod2), ok}, "the node does not reach pod p2"},
		"only one pod, by chance": {[2]map[string]nodecheck.Outcome{with(pod2), ok}, ""},
	} {
		f, found := unevenly(called, []try{{"n1", c.from[0]}, {"n2", c.from[1]}})
		if found != (c.want != "") || !strings.Contains(f.Cause, c.want) {
			t.Errorf("%s: %v %+v", name, found, f)
		}
	}
}

func TestNodeLocal(t *testing.T) {
	at := netip.MustParseAddrPort("10.0.0.1:443")
	agents := facts.AgentList{}
	for _, node := range []string{"n1", "n2"} {
		agents.Items = append(agents.Items, facts.Agent{Pod: podhealth.Pod{Name: "agent-" + node, Node: node, Phase: "Running"}})
	}
	s := facts.CalledService{Of: "hook", At: at, NodeLocal: true, Endpoints: []facts.CalledEndpoint{{Node: "n1"}}}
	f, found := nodeLocal(s, agents, nil)
	if !found || f.Severity != check.Error || !strings.Contains(f.Summary, "node n2 fail") {
		t.Errorf("%v %+v", found, f)
	}
	reached := []try{{"n2", map[string]nodecheck.Outcome{at.String(): nodecheck.Connected}}}
	if f, found := nodeLocal(s, agents, reached); found {
		t.Errorf("what was reached is not lost: %+v", f)
	}
	for name, change := range map[string]func(*facts.CalledService){
		"for all nodes":      func(s *facts.CalledService) { s.NodeLocal = false },
		"a pod on each node": func(s *facts.CalledService) { s.Endpoints = append(s.Endpoints, facts.CalledEndpoint{Node: "n2"}) },
		"more than is known": func(s *facts.CalledService) { s.More = true },
	} {
		other := s
		change(&other)
		if f, found := nodeLocal(other, agents, nil); found {
			t.Errorf("%s: %+v", name, f)
		}
	}
	s.Ignorable = true
	if f, _ := nodeLocal(s, agents, nil); f.Severity != check.Warning {
		t.Errorf("%+v", f)
	}
}
