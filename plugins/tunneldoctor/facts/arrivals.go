package facts

import (
	"context"
	"net/netip"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nodepod"
)

// Arrival is how many connections arrived at a node's kubelet port while agents tried to reach it.
type Arrival struct {
	Node string `json:"node"`
	// Arrived is counted before any packet filter of the node; nil: it could not be counted.
	Arrived *int `json:"arrived,omitempty"`
	// Overlapped says that every agent tried, in vain, while it was counted: only then a count of 0 says something.
	Overlapped bool   `json:"overlapped,omitempty"`
	Error      string `json:"error,omitempty"`
}

// countSeconds is how long is counted: both pods must start, and a try takes 4 s.
const countSeconds = 8

// Arrivals are of the first node that agents do not reach.
var Arrivals = &Fact[[]Arrival]{
	Name:   "kubelet-arrivals",
	Needs:  []check.Need{ClusterNodes, AgentNodeReports},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get"), fact.Rule("", "pods", "list")},
	Create: kube.Rules(nodepod.Rights("", false)),
	Gather: func(ctx context.Context, e *Env) ([]Arrival, []check.Evidence, error) {
		sides, err := AgentNodeReports.From(ctx, e)
		if err != nil || e.NodeProber == nil {
			return nil, nil, err
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		list := countQuestions(nodes, sides)
		if len(list) == 0 {
			return nil, nil, nil
		}
		asked, err := askNodes(ctx, e, list)
		if err != nil {
			return nil, nil, err
		}
		target := asked.Items[0]
		return []Arrival{{Node: target.Node, Arrived: target.Report.Arrived, Overlapped: overlapped(asked.Items), Error: target.Error}}, nil, nil
	},
}

// overlapped compares the nodes' clocks, which are good to a second: a try takes 4 s of the time that is counted.
func overlapped(asked []NodeReport) bool {
	start := asked[0].Report.Now
	return !start.IsZero() && !slices.ContainsFunc(asked[1:], func(s NodeReport) bool {
		began := s.Report.Now.Sub(start)
		failed := false
		for _, r := range s.Report.Reach {
			failed = r.Failed()
		}
		return s.Report.Now.IsZero() || began < -time.Second || began > (countSeconds-4)*time.Second || !failed
	})
}

// countQuestions are first that to the node that is not reached, then those to the agents' nodes that try to.
func countQuestions(nodes NodeList, sides NodeReports) []nodeInput {
	for _, n := range nodes.Items {
		if !n.IP.Is4() || !nodes.Usable(n) {
			continue
		}
		var tries []nodeInput
		var from []netip.Addr
		for _, s := range sides.Items {
			r, ok := s.Report.Reach[n.IP.String()]
			if !ok || s.Node == n.Name || len(r.Outcomes) == 0 || r.OK() {
				continue
			}
			q := nodeInput{NodeReport: NodeReport{Node: s.Node, Agent: s.Agent, AgentIP: s.AgentIP}, Input: nodecheck.Input{Reach: []netip.Addr{n.IP}}}
			q.Input.Agent = s.agent
			tries = append(tries, q)
			if own := nodes.Find(s.Node); own != nil && own.IP.Is4() {
				from = append(from, own.IP)
			}
			if s.AgentIP.Is4() {
				from = append(from, s.AgentIP)
			}
		}
		if len(tries) > 0 {
			slices.SortFunc(from, netip.Addr.Compare)
			count := nodecheck.Input{Count: slices.Compact(from), CountSeconds: countSeconds}
			return append([]nodeInput{{NodeReport: NodeReport{Node: n.Name}, Input: count}}, tries...)
		}
	}
	return nil
}
