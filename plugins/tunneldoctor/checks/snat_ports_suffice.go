package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// SNATPortsSuffice finds nodes that have no port left at the cluster's load balancer for new connections to the outside.
var SNATPortsSuffice = &check.Check{
	Code: "TUN0313",
	Name: "snat-ports-suffice",
	Hop:  hopEgress,
	Doc: `the cluster's load balancer has ports left for the nodes' connections to the outside

The load balancer translates the addresses of connections that leave the virtual network (SNAT), and each node has a fixed number of
ports for that: so many connections it can have at once to one address and port. More of them get no answer. Where connections time
out, the outbound rule and the load balancer's counts are read from Azure, unless --azure=off, and the node's own table of connections
tells which pods hold them. It does not apply where a NAT gateway or a firewall translates, nor to the API server of a private cluster.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/snat-port-exhaustion",
		"https://learn.microsoft.com/azure/load-balancer/load-balancer-outbound-connections",
		"https://learn.microsoft.com/azure/aks/load-balancer-standard#configure-the-allocated-outbound-ports",
	},
	After:    []*check.Check{APINameResolves, PoliciesAllowAgentEgress, SecurityGroupsAllowAPI, APIRoutesAreOpen},
	Explains: true,
	Needs: []check.Need{
		facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.AzureNetwork, facts.NodeConnections,
	},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := newSNAT(p)
		if s == nil || err != nil {
			return nil, err
		}
		var fs []check.Finding
		var unknown []error
		for _, r := range s.lost {
			f, err := s.finding(r)
			if f != nil {
				fs = append(fs, *f)
			}
			unknown = append(unknown, err)
		}
		if len(fs) == 0 {
			return nil, check.Distinct(unknown)
		}
		return limited(fs, "node"), nil
	},
}

// snat is what is known about nodes whose new connections get no answer.
type snat struct {
	lost   []facts.NodeReport
	agents facts.AgentList
	nodes  facts.NodeList
	info   facts.AzureInfo
	held   []facts.NodeConnection
}

// newSNAT returns nil if nothing times out, or if the check does not apply; then it has skipped the check.
func newSNAT(p *check.Pass) (*snat, error) {
	all, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nil, fmt.Errorf("the agents' nodes could not be checked: %w", err)
	}
	s := &snat{}
	t, _ := facts.Tunnel.Get(p) // without it, the node's own firewall is not evaluated
	for _, r := range all.Items {
		blocked := false
		if r.LosesAPI() {
			v, _ := evaluateAPIEgress(r, r.Report.API.Addresses, t.Endpoint)
			blocked = v.Blocked()
		}
		if r.LosesServers() || r.LosesAPI() && !blocked {
			s.lost = append(s.lost, r)
		}
	}
	if all.Off != "" || len(s.lost) == 0 {
		if all.Off != "" {
			p.Skip("%s", all.Off)
		}
		return nil, nil
	}
	if s.agents, err = facts.Agents.Get(p); err != nil {
		return nil, err
	}
	if s.nodes, err = facts.ClusterNodes.Get(p); err != nil {
		return nil, err
	}
	if s.info, err = azureInfo(p, true); err != nil || s.info.Off != "" {
		return nil, err
	}
	if !s.info.Cluster.UsesLoadBalancer() {
		p.Skip("it does not apply: the cluster's outbound type is %s", firstNonEmpty(s.info.Cluster.OutboundType, "unknown"))
		return nil, nil
	}
	if s.info.Cluster.Private { // its API server is reached by a private endpoint
		s.lost = slices.DeleteFunc(s.lost, func(r facts.NodeReport) bool { return !r.LosesServers() })
		if len(s.lost) == 0 {
			p.Skip("it does not apply to the API server of a private cluster")
			return nil, nil
		}
	}
	if s.held, err = facts.NodeConnections.Get(p); err != nil && s.info.SNAT == nil {
		return nil, err
	}
	return s, nil
}

// finding returns what is wrong with the ports of the report's node. If nothing is known to be, its error says what is unknown.
func (s *snat) finding(r facts.NodeReport) (*check.Finding, error) {
	azure := s.info.SNAT
	switch {
	case azure == nil:
		return nil, errors.New("the cluster's load balancer was not read")
	case azure.Error != "":
		return nil, errors.New(azure.Error)
	case len(azure.Outbound.Rules) == 0:
		return &egressFinding(s.agents, r.Node,
			"the cluster's load balancer has no outbound rule: nothing translates connections to the outside",
			"somebody removed it; AKS writes it again at the next update of the cluster", s.evidence(r.Node),
			topology.FixBy("update the cluster without a change", id.AKS(s.info.Cluster.ID, "update")))[0], nil
	case azure.Rule() == nil:
		return nil, fmt.Errorf("the load balancer has %d outbound rules: how many ports a node has is unknown", len(azure.Outbound.Rules))
	}
	ports := azure.Rule().PortsOfMachine()
	group, unknown := s.largest(r)
	if group != nil && group.count >= ports-ports/10 {
		return s.exhausted(r, group, fmt.Sprintf("node %s has no SNAT port left to %s: %d connections, and the load balancer gives each node %d",
			r.Node, group.to, group.count, ports)), nil
	}
	node := s.nodes.Find(r.Node)
	if node == nil {
		return nil, fmt.Errorf("the address of node %s is unknown", r.Node)
	}
	if use := azure.Use(node.IP); use != nil && use.Failed > 0 {
		return s.exhausted(r, group, fmt.Sprintf("node %s ran out of SNAT ports: the load balancer, which gives each node %d, counted %d "+
			"failed connections in half an hour", r.Node, ports, use.Failed)), nil
	}
	if machines := azure.Rule().MachinesWithPorts(); machines < len(s.nodes.Items) {
		return s.exhausted(r, group, fmt.Sprintf("the load balancer has SNAT ports for %d of %d nodes, with %d each: others get none",
			machines, len(s.nodes.Items), ports)), nil
	}
	if azure.UsesError != "" && unknown == nil {
		unknown = fmt.Errorf("how many connections found no port is unknown: %s", azure.UsesError)
	}
	return nil, unknown
}

// group is the connections of a node to one address and port, which need a SNAT port each.
type group struct {
	to    netip.AddrPort
	count int
	by    []holder // the largest first
}

// holder is a pod, a program or an address that has connections.
type holder struct {
	name  string
	pod   string // NAMESPACE/NAME, empty for others
	count int
}

// largest returns the node's largest group over TCP; nil if it has none. An error says why its connections are unknown.
func (s *snat) largest(r facts.NodeReport) (*group, error) {
	i := slices.IndexFunc(s.held, func(h facts.NodeConnection) bool { return h.Node == r.Node })
	switch {
	case i < 0:
		return nil, fmt.Errorf("the connections of node %s were not counted", r.Node)
	case s.held[i].Error != "":
		return nil, fmt.Errorf("the connections of node %s: %s", r.Node, s.held[i].Error)
	case s.held[i].Connections == nil:
		return nil, fmt.Errorf("node %s has no %s, which counting its connections needs", r.Node,
			firstNonEmpty(strings.Join(s.held[i].Missing, ", "), "table of connections"))
	}
	held, node := s.held[i], netip.Addr{}
	if n := s.nodes.Find(r.Node); n != nil {
		node = n.IP
	}
	groups := map[netip.AddrPort]*group{}
	var most *group
	for _, f := range held.Connections.Flows {
		if f.Protocol != "tcp" || s.info.Cluster.Private && f.To.Addr().IsPrivate() {
			continue
		}
		g := groups[f.To]
		if g == nil {
			g = &group{to: f.To}
			groups[f.To] = g
		}
		g.count += f.Open + f.Waiting
		g.by = append(g.by, holdersOf(held, f, node)...)
		if most == nil || g.count > most.count {
			most = g
		}
	}
	return most, nil
}
