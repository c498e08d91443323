package facts

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
)

func readyNode(name, ip string) podhealth.Node {
	return podhealth.Node{Name: name, IP: netip.MustParseAddr(ip), Ready: podhealth.Condition{Status: "True"}, OS: "linux", Chosen: true}
}

// A path is broken if its attempts fail, unless something else shows that nobody is affected.
func TestBrokenPaths(t *testing.T) {
	const ip = "10.0.0.4"
	always := []nodecheck.Outcome{nodecheck.TimedOut, nodecheck.TimedOut}
	sometimes := []nodecheck.Outcome{nodecheck.Answered, nodecheck.TimedOut}
	work, fail := []Attempts{{Node: "b", Succeeded: 3}}, []Attempts{{Node: "b", Succeeded: 2, Errors: []string{NoAnswer}}}
	gone, leaving, other := readyNode("b", ip), readyNode("b", ip), readyNode("b", ip)
	gone.Ready.Status, leaving.Leaving, other.Chosen = "Unknown", true, false
	for name, c := range map[string]struct {
		node     podhealth.Node
		outcomes []nodecheck.Outcome
		logs     []Attempts
		none     bool // there is no tunnel
		broken   bool
	}{
		"fails":                              {readyNode("b", ip), always, work, false, true},
		"fails, no tunnel, logs work":        {readyNode("b", ip), always, work, true, false},
		"fails, no tunnel, logs fail":        {readyNode("b", ip), always, fail, true, true},
		"fails sometimes, logs work":         {readyNode("b", ip), sometimes, work, false, false},
		"fails sometimes, logs fail":         {readyNode("b", ip), sometimes, fail, false, true},
		"fails sometimes, no logs":           {readyNode("b", ip), sometimes, nil, false, true},
		"works, logs fail":                   {readyNode("b", ip), []nodecheck.Outcome{nodecheck.Answered}, fail, false, false},
		"was not tried":                      {readyNode("b", ip), nil, fail, false, false},
		"the node is down":                   {gone, always, fail, false, false},
		"the node is being removed":          {leaving, always, fail, false, false},
		"the node is not chosen":             {other, always, fail, false, false},
		"fails, no tunnel, no logs":          {readyNode("b", ip), always, nil, true, true},
		"fails, no tunnel, the pod vanished": {readyNode("b", ip), always, []Attempts{{Node: "b", Off: "not found"}}, true, true},
	} {
		from := NodeReport{Node: "a", Report: nodecheck.Result{Reach: map[string]nodecheck.Reach{ip: {Outcomes: c.outcomes}}}}
		reports := NodeReports{Items: []NodeReport{from, {Node: "c", Error: "no report"}}}
		got := BrokenPaths(NodeList{Items: []podhealth.Node{c.node}}, c.logs, reports, func() bool { return !c.none })
		if len(got) > 0 != c.broken {
			t.Errorf("%s: %d broken paths, want some: %v", name, len(got), c.broken)
		}
	}
}

// Every node with a broken path is checked, up to the limit, unless the agents' reports cover its kubelet. Others are not checked.
func TestKubeletInputs(t *testing.T) {
	var nodes NodeList
	reach := map[string]nodecheck.Reach{}
	for i := range 2 + maxKubeletNodes + 1 {
		n := readyNode(fmt.Sprintf("n%02d", i), fmt.Sprintf("10.0.0.%d", i+1))
		nodes.Items = append(nodes.Items, n)
		reach[n.IP.String()] = nodecheck.Reach{Outcomes: []nodecheck.Outcome{nodecheck.TimedOut}}
	}
	reach[nodes.Items[1].IP.String()] = nodecheck.Reach{Outcomes: []nodecheck.Outcome{nodecheck.Answered}}
	agent := NodeReport{Node: "n00", AgentIP: netip.MustParseAddr("10.244.0.9")}
	agent.Report = nodecheck.Result{Reach: reach, Kubelet: &nodecheck.KubeletState{}}
	reports := NodeReports{Items: []NodeReport{agent}}
	logs := []Attempts{{Node: "n01", Errors: []string{NoAnswer}}} // its kubelet answers the agents: something else is broken
	list := kubeletInputs(nodes, BrokenPaths(nodes, logs, reports, func() bool { return true }), reports)
	if len(list) != maxKubeletNodes || list[0].Node != "n02" {
		t.Fatalf("%d nodes are checked, the first is %s", len(list), list[0].Node)
	}
	want := []netip.Addr{agent.AgentIP, nodes.Items[0].IP, nodes.Items[2].IP}
	if got := list[0].Firewall; !slices.Equal(got, want) {
		t.Errorf("firewall addresses %v, want %v", got, want)
	}
}
