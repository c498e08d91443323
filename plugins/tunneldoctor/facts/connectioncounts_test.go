package facts

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
)

// tried returns a report of the node whose attempts to connect to each address have those outcomes.
func tried(node, agentIP string, outcomes []nodecheck.Outcome, addresses ...string) NodeReport {
	r := NodeReport{Node: node, Report: nodecheck.Result{Reach: map[string]nodecheck.Reach{}}}
	r.AgentIP, _ = netip.ParseAddr(agentIP)
	for _, a := range addresses {
		r.Report.Reach[a] = nodecheck.Reach{Outcomes: outcomes}
	}
	return r
}

// One node that is not reached counts, for IPv4, what arrives from all nodes that do not reach it, while they try again.
func TestCounterInputs(t *testing.T) {
	lost, some := []nodecheck.Outcome{nodecheck.TimedOut, nodecheck.TimedOut}, []nodecheck.Outcome{nodecheck.Answered, nodecheck.TimedOut}
	good := []nodecheck.Outcome{nodecheck.Answered, nodecheck.Answered}
	v6, down, windows := readyNode("v6", "fd00::4"), readyNode("d", "10.0.1.1"), readyNode("w", "10.0.1.2")
	down.Stale, windows.OS = true, "windows"
	other := readyNode("o", "10.0.1.3")
	other.Chosen = false
	noIP := podhealth.Node{Name: "x", Ready: podhealth.Condition{Status: "True"}}
	for name, c := range map[string]struct {
		more    []podhealth.Node // before n00, n01 and n02 at 10.0.0.0, 10.0.0.1 and 10.0.0.2
		reports []NodeReport
		nodes   []string // those with an input, that which counts first
		count   []string
	}{
		"no report":                 {},
		"all are reached":           {reports: []NodeReport{tried("n00", "", good, "10.0.0.1", "10.0.0.2")}},
		"none was tried":            {reports: []NodeReport{tried("n00", "", nil, "10.0.0.1")}},
		"a report without a result": {reports: []NodeReport{{Node: "n00", Error: "no report"}}},
		"only its own node fails":   {reports: []NodeReport{tried("n01", "", lost, "10.0.0.1")}},
		"one node fails":            {nil, []NodeReport{tried("n00", "", lost, "10.0.0.1")}, []string{"n01", "n00"}, []string{"10.0.0.0"}},
		"one node fails sometimes":  {nil, []NodeReport{tried("n00", "", some, "10.0.0.1")}, []string{"n01", "n00"}, []string{"10.0.0.0"}},
		"two targets: the first counts": {
			nil, []NodeReport{tried("n00", "", lost, "10.0.0.1", "10.0.0.2")}, []string{"n01", "n00"}, []string{"10.0.0.0"},
		},
		"agents with addresses": {
			nil,
			[]NodeReport{tried("n02", "10.244.0.9", lost, "10.0.0.1"), tried("n00", "10.244.0.2", lost, "10.0.0.1")},
			[]string{"n01", "n02", "n00"},
			[]string{"10.0.0.0", "10.0.0.2", "10.244.0.2", "10.244.0.9"},
		},
		"one fails, one does not": {
			nil,
			[]NodeReport{tried("n02", "10.244.0.9", good, "10.0.0.1"), tried("n00", "10.244.0.2", lost, "10.0.0.1")},
			[]string{"n01", "n00"},
			[]string{"10.0.0.0", "10.244.0.2"},
		},
		"its own node fails too": {
			nil,
			[]NodeReport{tried("n01", "10.244.0.1", lost, "10.0.0.1"), tried("n00", "", lost, "10.0.0.1")},
			[]string{"n01", "n00"},
			[]string{"10.0.0.0"},
		},
		"an agent has an IPv6 address": {
			nil, []NodeReport{tried("n00", "fd00::9", lost, "10.0.0.1")}, []string{"n01", "n00"}, []string{"10.0.0.0"},
		},
		"a node has an IPv6 address": {[]podhealth.Node{v6}, []NodeReport{tried("v6", "", lost, "10.0.0.1")}, []string{"n01", "v6"}, nil},
		"an agent's node was removed": {
			nil, []NodeReport{tried("gone", "10.244.0.9", lost, "10.0.0.1")}, []string{"n01", "gone"}, []string{"10.244.0.9"},
		},
		"an address twice": {
			nil, []NodeReport{tried("n00", "10.0.0.0", lost, "10.0.0.1")}, []string{"n01", "n00"}, []string{"10.0.0.0"},
		},
		"an IPv6 target is not counted": {[]podhealth.Node{v6}, []NodeReport{tried("n00", "", lost, "fd00::4")}, nil, nil},
		"targets that cannot count": {
			[]podhealth.Node{noIP, down, windows, v6},
			[]NodeReport{tried("n00", "", lost, "10.0.1.1", "10.0.1.2", "fd00::4", "10.0.0.2")},
			[]string{"n02", "n00"},
			[]string{"10.0.0.0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := counterInputs(NodeList{Items: append(c.more, readyNodes(3)...)}, NodeReports{Items: c.reports})
			var nodes, count []string
			for i, in := range list {
				nodes = append(nodes, in.Node)
				if i > 0 && (len(in.Reach) != 1 || in.Count != nil) {
					t.Errorf("node %s connects to %v and counts %v", in.Node, in.Reach, in.Count)
				}
				for _, a := range in.Count {
					count = append(count, a.String())
				}
			}
			if diff := cmp.Diff(c.nodes, nodes); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.count, count, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the addresses from which connections are counted: %s", diff)
			}
		})
	}
}

// A count of 0 means something only if every agent tried during the count, to a second, and failed.
func TestAttemptsOverlapped(t *testing.T) {
	start := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	lost, some := []nodecheck.Outcome{nodecheck.TimedOut, nodecheck.TimedOut}, []nodecheck.Outcome{nodecheck.Answered, nodecheck.TimedOut}
	at := func(after time.Duration, outcomes []nodecheck.Outcome) NodeReport {
		r := tried("agent", "", outcomes, "10.0.0.1")
		r.Report.Now = start.Add(after)
		return r
	}
	unknown := tried("agent", "", lost, "10.0.0.1")
	none := NodeReport{Node: "agent", Error: "no report"}
	none.Report.Now = start
	for name, c := range map[string]struct {
		counted  time.Time
		attempts []NodeReport
		want     bool
	}{
		"at once":                        {start, []NodeReport{at(0, lost)}, true},
		"a second before, by its clock":  {start, []NodeReport{at(-time.Second, lost)}, true},
		"too early":                      {start, []NodeReport{at(-time.Second-1, lost)}, false},
		"just early enough to end":       {start, []NodeReport{at(4*time.Second, lost)}, true},
		"too late to end":                {start, []NodeReport{at(4*time.Second+1, lost)}, false},
		"one of two too late":            {start, []NodeReport{at(0, lost), at(9*time.Second, lost)}, false},
		"one of two succeeded sometimes": {start, []NodeReport{at(0, lost), at(0, some)}, false},
		"it was not tried":               {start, []NodeReport{at(0, nil)}, false},
		"there is no result":             {start, []NodeReport{none}, false},
		"the agent's clock is unknown":   {start, []NodeReport{unknown}, false},
		"the counter's clock is unknown": {time.Time{}, []NodeReport{at(0, lost)}, false},
	} {
		counter := NodeReport{Node: "n01", Report: nodecheck.Result{Now: c.counted}}
		if got := attemptsOverlapped(append([]NodeReport{counter}, c.attempts...)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
