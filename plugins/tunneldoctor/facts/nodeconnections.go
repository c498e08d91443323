package facts

import (
	"context"
	"net/netip"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nodepod"
)

// NodeConnection is the connections of a node, of its own and of its pods, to addresses outside the cluster.
type NodeConnection struct {
	Node string `json:"node"`
	// Connections is nil if they could not be counted; Error or Missing then says why.
	Connections *nodecheck.Connections `json:"connections,omitempty"`
	Missing     []string               `json:"missing,omitempty"` // programs that the node does not have
	Error       string                 `json:"error,omitempty"`
}

// TimesOut reports whether new connections of the node to the API server, or to servers outside the cluster, get no answer.
func (r NodeReport) TimesOut() bool { return r.LosesAPI() || r.LosesServers() }

// LosesServers reports whether new connections of the node to required servers outside the cluster get no answer.
func (r NodeReport) LosesServers() bool {
	for _, h := range r.Report.Egress {
		if h.Outcome == nodecheck.TimedOut && !h.Proxy {
			return true
		}
	}
	return false
}

// NodeConnections holds the connections of the agents' nodes of which new ones get no answer.
var NodeConnections = &Fact[[]NodeConnection]{
	Name:    "node-connections",
	Timeout: nodesTimeout,
	Needs:   []check.Need{ClusterNodes, AgentNodeReports},
	Access:  []rbacv1.PolicyRule{fact.Rule("", "nodes", "get")},
	Create:  nodepod.Rules(),
	Gather: func(ctx context.Context, e *Env) ([]NodeConnection, []check.Evidence, error) {
		reports, err := AgentNodeReports.From(ctx, e)
		if err != nil || e.NodeProber == nil {
			return nil, nil, err
		}
		var list []nodeInput
		for _, r := range reports.Items {
			if !r.TimesOut() {
				continue
			}
			also := []netip.Addr{netip.IPv4Unspecified()}
			if api := r.Report.API; api != nil {
				for _, text := range api.Addresses {
					if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
						also = append(also, a)
					}
				}
			}
			list = append(list, nodeInput{NodeReport{Node: r.Node}, nodecheck.Input{Connections: also}})
		}
		checked, err := checkNodes(ctx, e, list)
		if err != nil {
			return nil, nil, err
		}
		all := make([]NodeConnection, len(checked.Items))
		for i, item := range checked.Items {
			all[i] = NodeConnection{Node: item.Node, Connections: item.Report.Connections, Missing: item.Report.Missing, Error: item.Error}
		}
		return all, nil, nil
	},
}
