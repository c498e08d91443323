package facts

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
)

// runningAgent returns an agent that runs on the node and has an address of its own, unless ip is empty.
func runningAgent(name, node, ip string) Agent {
	return Agent{UID: "uid-" + name, Pod: podhealth.Pod{Name: name, Node: node, IP: ip, Phase: "Running", HostNetwork: ip == ""}}
}

// readyNodes returns that many nodes, n00, n01 and so on, at 10.0.0.0, 10.0.0.1 and so on.
func readyNodes(count int) []podhealth.Node {
	var list []podhealth.Node
	for i := range count {
		list = append(list, readyNode(fmt.Sprintf("n%02d", i), fmt.Sprintf("10.0.0.%d", i)))
	}
	return list
}

var addresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// The nodes of agents are checked. If no agent's node can be, another stands in; if there are no agents, two do.
func TestAgentInputsNodes(t *testing.T) {
	type from struct{ Node, Agent, IP string } // IP: of the agent
	down, stale, windows, virtual, noIP := readyNode("d", "10.0.1.1"), readyNode("s", "10.0.1.2"), readyNode("w", "10.0.1.3"),
		readyNode("v", "10.0.1.4"), podhealth.Node{Name: "x", Ready: podhealth.Condition{Status: "True"}, Chosen: true}
	down.Ready.Status, stale.Stale, windows.OS, virtual.Simulated = "Unknown", true, "windows", true
	unusable := []podhealth.Node{down, stale, windows, virtual, noIP}
	other := readyNode("o", "10.0.1.5")
	other.Chosen = false
	failed, deleting, pending := runningAgent("a", "n00", ""), runningAgent("a", "n00", ""), runningAgent("a", "", "")
	failed.Phase, deleting.Deleting, pending.Phase = "Failed", true, "Pending"
	noUID, badName, unparsable := runningAgent("a", "n01", ""), runningAgent("a b", "n01", ""), runningAgent("a", "n01", "none")
	noUID.UID, badName.UID = "", "uid"
	host := runningAgent("a", "n00", "10.0.0.0")
	host.HostNetwork = true
	var many []Agent
	var six []from
	for i := range maxAgentNodes + 1 {
		name, node := fmt.Sprintf("a%d", i), fmt.Sprintf("n%02d", i)
		many = append(many, runningAgent(name, node, ""))
		six = append(six, from{Node: node, Agent: name})
	}
	for name, c := range map[string]struct {
		agents []Agent
		nodes  []podhealth.Node
		want   []from
	}{
		"no nodes":                     {agents: many},
		"only unusable nodes":          {nodes: unusable},
		"the agents' nodes":            {many[1:3], readyNodes(4), []from{{"n01", "a1", ""}, {"n02", "a2", ""}}},
		"a node that is not chosen":    {[]Agent{runningAgent("a", "o", "")}, append(readyNodes(1), other), []from{{Node: "o", Agent: "a"}}},
		"more agents than the limit":   {many, readyNodes(9), six[:maxAgentNodes]},
		"two agents on a node":         {[]Agent{many[1], runningAgent("b", "n01", "")}, readyNodes(2), []from{{"n01", "a1", ""}}},
		"an address of its own":        {[]Agent{runningAgent("a", "n00", "10.244.0.9")}, readyNodes(1), []from{{"n00", "a", "10.244.0.9"}}},
		"an IPv6 address of its own":   {[]Agent{runningAgent("a", "n00", "fd00::9")}, readyNodes(1), []from{{"n00", "a", "fd00::9"}}},
		"on the host network":          {[]Agent{host}, readyNodes(1), []from{{"n00", "a", ""}}},
		"an unknown address":           {[]Agent{unparsable}, readyNodes(2), []from{{"n01", "a", ""}}},
		"no agents, one node":          {nil, readyNodes(1), []from{{Node: "n00"}}},
		"no agents, many nodes":        {nil, readyNodes(9), []from{{Node: "n00"}, {Node: "n01"}}},
		"no agents, unusable nodes":    {nil, append(unusable, readyNodes(1)...), []from{{Node: "n00"}}},
		"agents that do not run":       {[]Agent{failed, deleting}, readyNodes(3), []from{{Node: "n00"}, {Node: "n01"}}},
		"an agent on an unusable node": {[]Agent{runningAgent("a", "d", "")}, append(unusable, readyNodes(3)...), []from{{Node: "n00"}}},
		"an agent on no node":          {[]Agent{pending}, readyNodes(3), []from{{Node: "n00"}}},
		"an agent on a removed node":   {[]Agent{runningAgent("a", "gone", "")}, readyNodes(3), []from{{Node: "n00"}}},
		"one of two nodes is unusable": {[]Agent{runningAgent("a", "d", ""), many[0]}, append(unusable, readyNodes(3)...), six[:1]},
		"a name that is not a word":    {[]Agent{badName}, readyNodes(2), []from{{Node: "n00"}}},
		"no UID":                       {[]Agent{noUID}, readyNodes(2), []from{{Node: "n00"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []from
			for _, in := range agentInputs(TunnelInfo{HealthPort: 8082}, AgentList{Items: c.agents}, NodeList{Items: c.nodes}, nil, nil) {
				f := from{Node: in.Node, Agent: in.NodeReport.Agent}
				if in.AgentIP.IsValid() {
					f.IP = in.AgentIP.String()
				}
				got = append(got, f)
				var want *nodecheck.Agent
				if f.Agent != "" {
					want = &nodecheck.Agent{UID: "uid-" + f.Agent, Name: f.Agent, HealthPort: 8082}
				}
				if diff := cmp.Diff(want, in.Input.Agent); diff != "" {
					t.Errorf("what node %s checks of its agent: %s", f.Node, diff)
				}
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Each node connects to the kubelets of the chosen nodes, whether they are up or not, and to the tunnel's server if it is known.
func TestAgentInputs(t *testing.T) {
	v6, down, other, virtual := readyNode("v6", "fd00::4"), readyNode("d", "10.0.1.1"), readyNode("o", "10.0.1.2"), readyNode("v", "10.0.1.3")
	down.Ready.Status, other.Chosen, virtual.Simulated = "Unknown", false, true
	noIP := podhealth.Node{Name: "x", Ready: podhealth.Condition{Status: "True"}, Chosen: true}
	gone := runningAgent("gone", "n00", "10.244.0.8")
	gone.Deleting = true
	agents := AgentList{Items: []Agent{
		gone, runningAgent("a", "n01", "10.244.0.9"), runningAgent("far", "removed", "fd00::9"), runningAgent("host", "d", ""),
	}}
	nodes := NodeList{Items: append(readyNodes(2), v6, down, other, virtual, noIP)}
	info := TunnelInfo{Endpoint: nodecheck.Endpoint{Host: "api.example.com", Port: 443}, HealthPort: 8082}
	got := agentInputs(info, agents, nodes, []string{"mcr.microsoft.com"}, reached(nodes, nil))
	reach := []netip.Addr{nodes.Items[0].IP, nodes.Items[1].IP, v6.IP, down.IP}
	agent := &nodecheck.Agent{UID: "uid-a", Name: "a", HealthPort: 8082}
	want := []nodeInput{{
		NodeReport: NodeReport{Node: "n01", Agent: "a", AgentIP: netip.MustParseAddr("10.244.0.9"), agent: agent},
		Input: nodecheck.Input{
			Agent: agent, API: &info.Endpoint, Reach: reach, Egress: []string{"mcr.microsoft.com"}, Kubelet: nodes.Items[1].IP,
			Firewall: append(reach, netip.MustParseAddr("10.244.0.9"), netip.MustParseAddr("fd00::9")),
		},
	}}
	if diff := cmp.Diff(want, got, addresses, cmp.AllowUnexported(NodeReport{})); diff != "" {
		t.Error(diff)
	}
	list := agentInputs(TunnelInfo{}, AgentList{}, NodeList{Items: readyNodes(1)}, nil, nil)
	if len(list) == 0 || list[0].API != nil || list[0].Egress != nil {
		t.Errorf("a tunnel to an unknown server: %+v", list)
	}
}

// Of more kubelets than the agents' nodes connect to, those whose logs cannot be read come first.
func TestReached(t *testing.T) {
	if got := reached(NodeList{Items: readyNodes(maxReached)}, nil); len(got) != maxReached { // without waiting for logs
		t.Errorf("%d of %d", len(got), maxReached)
	}
	nodes := NodeList{Items: readyNodes(200)}
	failing := []netip.Addr{nodes.Items[150].IP, nodes.Items[199].IP}
	got := reached(nodes, func() []Attempts {
		return []Attempts{
			{Node: nodes.Items[0].Name, Succeeded: 3},
			{Node: nodes.Items[1].Name, Off: "no pod", NotTried: true},
			{Node: nodes.Items[150].Name, Errors: []string{NoAnswer}},
			{Node: nodes.Items[199].Name, Succeeded: 1, Errors: []string{NoAnswer}},
		}
	})
	if len(got) != maxReached || !slices.Equal(got[:2], failing) {
		t.Errorf("%v", got)
	}
}
