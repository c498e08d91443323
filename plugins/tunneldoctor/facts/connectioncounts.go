package facts

import (
	"context"
	"net/netip"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nodepod"
)

// ConnectionCount is the number of connections that arrived at a node's kubelet port while agents tried to connect to it.
type ConnectionCount struct {
	Node string `json:"node"`
	// Arrived is counted before the node's firewall; nil if it could not be counted.
	Arrived *int `json:"arrived,omitempty"`
	// Overlapped reports whether the attempts of all agents fell within the count and failed: only then a count of 0 means
	// something.
	Overlapped bool   `json:"overlapped,omitempty"`
	Error      string `json:"error,omitempty"`
}

// countSeconds is the duration of the count. The agents' pods must start meanwhile, and an attempt takes 4 s.
const countSeconds = 8

// KubeletConnectionCounts holds at most one count: of the first node whose kubelet agents do not reach.
var KubeletConnectionCounts = &Fact[[]ConnectionCount]{
	Name:     "kubelet-arrivals",
	Needs:    []check.Need{ClusterNodes, AgentNodeReports},
	Access:   []rbacv1.PolicyRule{fact.Rule("", "nodes", "get")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods", "list")}},
	Create:   nodepod.Rules(),
	Gather: func(ctx context.Context, e *Env) ([]ConnectionCount, []check.Evidence, error) {
		reports, err := AgentNodeReports.From(ctx, e)
		if err != nil || e.NodeProber == nil {
			return nil, nil, err
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		list := counterInputs(nodes, reports)
		if len(list) == 0 {
			return nil, nil, nil
		}
		checked, err := checkNodes(ctx, e, list)
		if err != nil {
			return nil, nil, err
		}
		target := checked.Items[0]
		return []ConnectionCount{{
			Node: target.Node, Arrived: target.Report.Arrived, Overlapped: attemptsOverlapped(checked.Items), Error: target.Error,
		}}, nil, nil
	},
}

// attemptsOverlapped reports whether the attempts of all agents, checked[1:], failed within the count on checked[0]. It compares the
// nodes' clocks, which are accurate to a second.
func attemptsOverlapped(checked []NodeReport) bool {
	start := checked[0].Report.Now
	return !start.IsZero() && !slices.ContainsFunc(checked[1:], func(s NodeReport) bool {
		began := s.Report.Now.Sub(start)
		failed := false
		for _, r := range s.Report.Reach {
			failed = r.Failed()
		}
		return s.Report.Now.IsZero() || began < -time.Second || began > (countSeconds-4)*time.Second || !failed
	})
}

// counterInputs returns first the input for the node that is not reached, which counts, then those for the agents' nodes, which
// try to connect. There are none if every node is reached.
func counterInputs(nodes NodeList, reports NodeReports) []nodeInput {
	for _, n := range nodes.Items {
		if !n.IP.Is4() || !nodes.Usable(n) {
			continue
		}
		var attempts []nodeInput
		var from []netip.Addr
		for _, s := range reports.Items {
			r, ok := s.Report.Reach[n.IP.String()]
			if !ok || s.Node == n.Name || len(r.Outcomes) == 0 || r.OK() {
				continue
			}
			attempts = append(attempts, nodeInput{
				NodeReport: NodeReport{Node: s.Node, Agent: s.Agent, AgentIP: s.AgentIP},
				Input:      nodecheck.Input{Agent: s.agent, Reach: []netip.Addr{n.IP}},
			})
			if own := nodes.Find(s.Node); own != nil && own.IP.Is4() {
				from = append(from, own.IP)
			}
			if s.AgentIP.Is4() {
				from = append(from, s.AgentIP)
			}
		}
		if len(attempts) > 0 {
			slices.SortFunc(from, netip.Addr.Compare)
			count := nodecheck.Input{Count: slices.Compact(from), CountSeconds: countSeconds}
			return append([]nodeInput{{NodeReport: NodeReport{Node: n.Name}, Input: count}}, attempts...)
		}
	}
	return nil
}
