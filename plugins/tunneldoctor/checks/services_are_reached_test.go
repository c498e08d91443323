package checks

import (
	"maps"
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
	refuses := func(at string) map[string]nodecheck.Outcome {
		m := with(at)
		m[at] = nodecheck.Refused
		return m
	}
	for name, c := range map[string]struct {
		from [2]map[string]nodecheck.Outcome
		want string // part of the cause; empty: no finding
	}{
		"all well":               {[2]map[string]nodecheck.Outcome{ok, ok}, ""},
		"neither":                {[2]map[string]nodecheck.Outcome{with(service), with(service)}, "or others come before them"},
		"outdated rules":         {[2]map[string]nodecheck.Outcome{with(service), ok}, "not its cluster IP: the rules of kube-proxy"},
		"a pod serves nothing":   {[2]map[string]nodecheck.Outcome{with(service, pod2), with(pod2)}, "no agent's node reaches it"},
		"the way between nodes":  {[2]map[string]nodecheck.Outcome{with(service, pod2), ok}, "the node does not reach pod p2"},
		"a pod, half the time":   {[2]map[string]nodecheck.Outcome{with(pod2), ok}, "the node does not reach pod p2"},
		"a pod, from everywhere": {[2]map[string]nodecheck.Outcome{with(pod2), with(pod2)}, ""}, // slow, or gone
		"a pod that is gone":     {[2]map[string]nodecheck.Outcome{refuses(pod2), refuses(pod2)}, "no agent's node reaches it"},
		"a pod that just starts": {[2]map[string]nodecheck.Outcome{refuses(pod2), ok}, ""},
	} {
		f, found := unevenly(called, []try{{node: "n1", services: c.from[0]}, {node: "n2", services: c.from[1]}})
		if found != (c.want != "") || !strings.Contains(f.Cause, c.want) {
			t.Errorf("%s: %v %+v", name, found, f)
		}
	}
}

// What the kernel of the other node drops for lack of keys is explained by its policy.
func TestLostByIPsec(t *testing.T) {
	const pod1, pod2 = "10.244.0.5:8443", "10.244.1.5:8443"
	policy := nodecheck.IPsecPolicy{
		From: netip.MustParsePrefix("10.244.0.0/24"), To: netip.MustParsePrefix("10.244.1.0/24"), Direction: "fwd", Protocol: "esp",
	}
	ipsec := nodecheck.IPsec{Policies: []nodecheck.IPsecPolicy{policy}}
	called := facts.CalledService{Of: "hook", At: netip.MustParseAddrPort("10.0.0.1:443"), Endpoints: []facts.CalledEndpoint{
		{At: netip.MustParseAddrPort(pod1), Pod: "p1", Node: "n1"}, {At: netip.MustParseAddrPort(pod2), Pod: "p2", Node: "n2"},
	}}
	all := map[string]nodecheck.Outcome{"10.0.0.1:443": nodecheck.Connected, pod1: nodecheck.Connected, pod2: nodecheck.Connected}
	some := maps.Clone(all)
	some[pod2] = nodecheck.TimedOut
	tries := []try{
		{node: "n1", client: netip.MustParseAddr("10.244.0.9"), services: some},
		{node: "n2", client: netip.MustParseAddr("10.244.1.9"), services: all, ipsec: &ipsec},
	}
	f, found := unevenly(called, tries)
	if !found || !strings.HasPrefix(f.Cause, "an IPsec policy of node n2 demands") || len(f.Evidence) != 2 {
		t.Errorf("%+v", f)
	}
	ipsec.Policies[0].Keyed = true
	if f, found = unevenly(called, tries); !found || strings.Contains(f.Cause, "IPsec") {
		t.Errorf("%+v", f)
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
	reached := []try{{node: "n2", services: map[string]nodecheck.Outcome{at.String(): nodecheck.Connected}}}
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
