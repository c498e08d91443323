package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// APIPortIsReached finds agents whose nodes cannot connect to the API server.
var APIPortIsReached = &check.Check{
	Code: "TUN0303",
	Name: "api-port-is-reached",
	Hop:  hopEgress,
	Doc: `the agents' nodes reach the port of the API server that the tunnel needs

Konnectivity needs outbound TCP 443 to the API server, tunnelfront TCP 9000, and aks-link UDP 1194. A firewall, a route to an
appliance, a network security group or SNAT port exhaustion can block it.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"},
	After:   []*check.Check{APINameResolves, PoliciesAllowAgentEgress, SecurityGroupsAllowAPI, APIRoutesAreOpen, SNATPortsSuffice},
	Needs: []check.Need{
		facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.LogAttempts, facts.AzureNetwork,
	},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, reports, err := withAPIState(p)
		if err != nil {
			return nil, err
		}
		var errs []error
		for _, s := range reports {
			summary, seen, err := connectionFailure(s, t)
			if err != nil {
				errs = append(errs, err)
			}
			if summary != "" {
				return unreachedAPI(p, agents, t, s, summary, seen), nil
			}
		}
		if s, ok := newConnectionsTimeOut(p, agents, t); ok {
			_, seen, _ := connectionFailure(s, t)
			summary := fmt.Sprintf("new connections of %s to %s time out; it is still connected by an earlier one", clientOf(s), endpoint(t))
			return unreachedAPI(p, agents, t, s, summary, seen), nil
		}
		return nil, errors.Join(errs...)
	},
}

// newConnectionsTimeOut returns the report of a node from which new connections of an agent time out, although all agents are connected;
// ok is false if there is none.
func newConnectionsTimeOut(p *check.Pass, agents facts.AgentList, t facts.TunnelInfo) (s facts.NodeReport, ok bool) {
	if t.Endpoint.UDP || t.Proxy != "" {
		return s, false
	}
	all, _ := facts.AgentNodeReports.Get(p)
	for _, s := range all.Items {
		if s.Report.FromAgent && agentOf(agents, s.Agent).Ready() && s.Report.API != nil && s.Report.API.TCP == nodecheck.TimedOut {
			return s, true
		}
	}
	return s, false
}

// unreachedAPI returns the finding on a node whose connections to the agents' endpoint fail, with what blocks them.
func unreachedAPI(
	p *check.Pass, agents facts.AgentList, t facts.TunnelInfo, s facts.NodeReport, summary string, seen []check.Evidence,
) []check.Finding {
	v, packet := evaluateAPIEgress(s, s.Report.API.Addresses, t.Endpoint)
	if v.Blocked() {
		commands := v.Fix(packet)
		return egressFinding(agents, s.Node, summary, "the node's own firewall blocks it: "+describeRule(v),
			append(seen, ruleEvidence(s.Node, v)...), onNode(podhealth.Node{Name: s.Node}, fixTitle(v, commands), commands...)...)
	}
	title := fmt.Sprintf("allow %s %d to the API server in the egress rules of the node subnet", protocolOf(t.Endpoint), t.Endpoint.Port)
	groups, allow := groupsText(p, func(info facts.AzureInfo) (*topology.Verdict, error) {
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		return deniedAPI(info, nodes, s, t)
	})
	return egressFinding(agents, s.Node, summary, outsideCause(v, groups, allow), seen, egressFix(p, title))
}

// connectionFailure describes how connections from the node to the agents' endpoint fail. The summary is empty if they do not fail or
// it is unknown; if nothing shows whether they fail, it returns an error.
func connectionFailure(s facts.NodeReport, t facts.TunnelInfo) (summary string, seen []check.Evidence, err error) {
	api := s.Report.API
	if !t.Endpoint.UDP {
		if api.TCP == "" || api.TCP == nodecheck.Connected {
			return "", nil, nil
		}
		return fmt.Sprintf("%s cannot connect to %s: %s", clientOf(s), endpoint(t), firstNonEmpty(api.TCPText, string(api.TCP))),
			seenOn(s.Node, nil, cmdline.Program("timeout", "5").Running(
				cmdline.BashScript(`exec 3<>"/dev/tcp/$1/$2" && echo ok`, t.Endpoint.Host, strconv.Itoa(int(t.Endpoint.Port))))), nil
	}
	agent := s.Report.Agent
	switch {
	case api.UDP == nodecheck.Answered, agent != nil && agent.Connected():
		return "", nil, nil
	case api.UDP == nodecheck.Refused, agent != nil && agent.Unanswered():
		summary = fmt.Sprintf("%s cannot connect to %s over UDP: %s", clientOf(s), endpoint(t), api.UDP)
		if agent != nil && agent.Session != "" {
			summary += "; from the agent's log: " + agent.Session
		}
		return summary, seenOn(s.Node, nil, podLog(s.Agent)), nil
	}
	return "", nil, fmt.Errorf("whether %s can connect to %s over UDP is unknown: "+
		"an OpenVPN server that authenticates all packets answers no probe, and the agent's log is inconclusive", clientOf(s), endpoint(t))
}

// outsideCause is the cause of a failed connection that the node's own firewall is not known to block. groups is what is known about
// network security groups, as a clause, and groupsAllow reports whether they are known to allow it.
func outsideCause(v firewall.Verdict, groups string, groupsAllow bool) string {
	likely := "a firewall, a route table or a network security group"
	if groupsAllow {
		likely = "a firewall or a route table"
	}
	likely += "; if it fails only sometimes, perhaps SNAT port exhaustion" + groups
	if v.Action == firewall.Accept {
		return "something outside the node blocks it: " + likely
	}
	return "something blocks it, and whether it is the node's own firewall is unknown; outside the node: " + likely
}

func protocolOf(e nodecheck.Endpoint) string {
	if e.UDP {
		return "UDP"
	}
	return "TCP"
}

// evaluateAPIEgress evaluates the node's firewall for the agent's connection to the first of the addresses. The verdict is zero if it
// could not be evaluated.
func evaluateAPIEgress(s facts.NodeReport, addresses []string, endpoint nodecheck.Endpoint) (firewall.Verdict, firewall.Packet) {
	if len(addresses) == 0 || s.Report.Filters == nil {
		return firewall.Verdict{}, firewall.Packet{}
	}
	to, err := netip.ParseAddr(addresses[0])
	if err != nil {
		return firewall.Verdict{}, firewall.Packet{}
	}
	v, packet, _ := evaluateEgress(s, to, strings.ToLower(protocolOf(endpoint)), endpoint.Port)
	return v, packet
}
