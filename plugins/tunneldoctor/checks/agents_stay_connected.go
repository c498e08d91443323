package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

const (
	// streamLost is what an agent logs when its connection to the server ends
	// (https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/v0.36.0/pkg/agent/client.go).
	streamLost = "could not read stream"
	// manyLosses within lossesWithin are too many: when API servers are replaced one after another, each ends a connection once.
	manyLosses   = 3
	lossesWithin = time.Minute
	// lossesRecent is how old the last loss may be.
	lossesRecent = 3 * time.Minute
)

// AgentsStayConnected finds agents that lose their connection again and again, and are Ready between.
var AgentsStayConnected = &check.Check{
	Code: "TUN0315",
	Name: "agents-stay-connected",
	Hop:  hopEgress,
	Doc: `the tunnel agents stay connected to the API server

An agent that loses its connection connects anew, and is Ready again within seconds. What ran through it has failed meanwhile: commands end,
and calls of webhooks time out. The last errors in the agents' logs are looked at.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsAreConnected, APIPortIsReached},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentNodeReports, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		if !t.ReadyIsConnected() {
			p.Skip("the log of a %s pod does not show when it lost its connection", t.Name())
			return nil, nil
		}
		reports, ok, err := agentReports(p)
		if err != nil { // it is no reason to doubt agents that are connected
			p.Skip("the agents' logs were not read: %v", err)
		}
		if !ok {
			return nil, nil
		}
		var fs []check.Finding
		for _, r := range reports.Items {
			agent := agentOf(agents, r.Agent)
			if r.Report.Agent == nil || !agent.Ready() {
				continue
			}
			lines := lossesIn(r.Report.Agent.Log, r.Report.Now)
			if len(lines) < manyLosses {
				continue
			}
			fs = append(fs, check.Finding{
				Severity: check.Warning, Target: podRef(agent),
				Summary: fmt.Sprintf("agent %s lost its connection to the API server %d times within a minute, and connected again", r.Agent,
					len(lines)),
				Cause: "something between the node and the API server ends connections: a firewall or an appliance with a short idle timeout, SNAT " +
					"port exhaustion, or a tunnel server that restarts",
				Fixes:    []check.Fix{egressFix(p, "look at what the nodes' egress passes"), supportFix()},
				Evidence: seenOn(r.Node, lines, podLog(r.Agent)),
			})
		}
		return fs, nil
	},
}

// lossesIn returns the lines of the log, which begin with their times, about the connections that ended within lossesWithin until the last
// loss; none, if that is not recent.
func lossesIn(log []string, now time.Time) (lines []string) {
	var last time.Time
	for _, line := range slices.Backward(log) {
		first, _, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.RFC3339Nano, first)
		if err != nil || !strings.Contains(line, streamLost) {
			continue
		}
		if last.IsZero() {
			last = at
		}
		if now.Sub(last) <= lossesRecent && last.Sub(at) <= lossesWithin {
			lines = append(lines, line)
		}
	}
	slices.Reverse(lines)
	return lines
}
