package checks

import (
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodeside"
)

// APIPortIsReached is for agents that do not get out to the API server.
var APIPortIsReached = &check.Check{
	Code: "TUN0303",
	Name: "api-port-is-reached",
	Hop:  hopEgress,
	Doc: `the agents' nodes reach the port of the API server that the tunnel needs

Konnectivity needs TCP 443 out to the API server; tunnelfront TCP 9000 and aks-link UDP 1194. A firewall, a route to an
appliance, a network security group or exhausted SNAT ports may be in the way.
Source: https://learn.microsoft.com/azure/aks/outbound-rules-control-egress`,
	After: []*check.Check{APINameResolves, PoliciesLetAgentsOut},
	Needs: []check.Need{facts.Tunnel, facts.Agents, facts.AgentSides},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, sides, err := tried(p)
		if err != nil {
			return nil, err
		}
		for _, s := range sides {
			api := s.Report.API
			if api.TCP == "" || api.TCP == nodeside.Connected {
				continue
			}
			summary := fmt.Sprintf("from %s no connection to %s comes about: %s", place(s), endpoint(t), or(api.TCPText, string(api.TCP)))
			seen := seenOn(s.Node, nil, "timeout", "5", "bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%d && echo ok", t.Endpoint.Host, t.Endpoint.Port))
			if v, packet := outwards(s, api.Addresses, t.Endpoint.Port); v.Blocked() {
				return aboutEgress(agents, s.Node, summary, "the node's own packet filter is in the way: "+describe(v), append(seen, filterEvidence(s.Node, v)...),
					onNode(facts.ClusterNode{Name: s.Node}, "take exactly that rule away", v.Fix(packet)...)...), nil
			}
			return aboutEgress(agents, s.Node, summary,
				"outside the node something drops or rejects it: a firewall, a route table, a network security group; where it fails now and then only, exhausted SNAT ports are possible too",
				seen, egressFixes("see what governs the node subnet's way out")...), nil
		}
		return nil, nil
	},
}

// place names from where was connected.
func place(s facts.NodeSide) string {
	if s.Report.FromAgent {
		return fmt.Sprintf("agent %s on node %s", s.Agent, s.Node)
	}
	return "node " + s.Node
}

// outwards judges the node's own packet filters on the agent's way to the address.
func outwards(s facts.NodeSide, addresses []string, port int) (firewall.Verdict, firewall.Packet) {
	if len(addresses) == 0 || s.Report.Filters == nil {
		return firewall.Verdict{}, firewall.Packet{}
	}
	to, err := netip.ParseAddr(addresses[0])
	if err != nil {
		return firewall.Verdict{}, firewall.Packet{}
	}
	v, packet, _ := leaving(s, to, port) // what cannot be judged is not blamed
	return v, packet
}
