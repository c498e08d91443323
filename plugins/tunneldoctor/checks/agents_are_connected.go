package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreConnected finds agents that run but are not connected, for reasons that no earlier check found.
var AgentsAreConnected = &check.Check{
	Code: "TUN0306",
	Name: "agents-are-connected",
	Hop:  hopEgress,
	Doc: `the tunnel agents are connected to the API server

An agent is Ready while it is connected to the tunnel server. If DNS, TCP, TLS and ALPN work from the agent and it is still not
connected, the fault is in the tunnel server, which Microsoft must fix.`,
	Sources: []string{"https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/master/pkg/agent/readiness.go"},
	After: []*check.Check{
		AgentsStart, AgentsKeepRunning, AgentsFitInMemory, AgentCertificateIsCurrent, AgentCertificateIsAccepted, LongHellosPass,
	},
	Needs: []check.Need{facts.Tunnel, facts.Agents, facts.AgentEvents, facts.AgentNodeReports, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		if !t.ReadyIsConnected() {
			p.Skip("the readiness of a %s pod does not show whether it is connected", t.Name())
			return nil, nil
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		views := agentViews(p, t)
		others := readyCount(agents) > 0
		events, _ := facts.AgentEvents.Get(p) // without them, why a probe fails is not known
		found := problems(agents, func(a facts.Agent) (string, string) {
			if others && agents.At.Sub(a.Created) < time.Minute { // it may still connect
				return "", ""
			}
			if n := nodes.Find(a.Node); n == nil || nodes.Down(*n) { // its conditions are out of date
				return "", ""
			}
			if views[a.Name].connected {
				return unprobed(a, t, events)
			}
			return views[a.Name].problem(a)
		})
		fixes := []check.Fix{restartFix(t), supportFix()}
		if len(found) > 0 && views[found[0].agent.Name].connected {
			fixes = []check.Fix{
				fix("compare its arguments and probes", cmdline.Kubectl("get", "deployment", t.Kind, "-n", system, "-o", "yaml")),
				reconcileFix("let AKS restore the Deployment"),
			}
		}
		fs := agentFindings(agents, found, fixes...)
		for i := range fs {
			a := found[0].agent
			if lines := views[a.Name].lines; len(lines) > 0 {
				fs[i].Evidence = seenOn(a.Node, lines[max(0, len(lines)-6):], podLog(a.Name))
			}
		}
		return fs, nil
	},
}

// agentView is what an agent's node reports about it. It is zero without a report.
type agentView struct {
	lines  []string // of its readiness endpoint, its metrics and its log
	log    string   // the last error in its log; empty: there is none, or bundles do not hold it
	dials  bool     // log names the address to which it could not connect
	silent bool     // its health port does not answer
	// connected reports whether it says itself, on the node's loopback, that it is connected and ready.
	connected bool
	reaches   bool // the handshakes with the tunnel server succeed from the agent
}

// agentViews returns the views by the names of the agents' pods.
func agentViews(p *check.Pass, t facts.TunnelInfo) map[string]agentView {
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nil
	}
	views := map[string]agentView{}
	for _, r := range reports.Items {
		a, api := r.Report.Agent, r.Report.API
		if a == nil {
			continue
		}
		log := lastLogged(a.Log)
		views[r.Agent] = agentView{
			log:       log,
			dials:     errtext.Explain(log).Target != "",
			connected: a.HasServer(),
			lines:     slices.Concat(a.Ready, a.Metrics, a.Log),
			silent:    r.Report.FromAgent && len(a.Ready) == 0 && !slices.Contains(r.Report.Missing, "curl"),
			reaches:   api != nil && api.TLS.Done() && (t.Endpoint.ALPN == "" || api.ALPN.Done()),
		}
	}
	return views
}

// unprobed describes why an agent that is connected and ready by its own account is not Ready: the kubelet's probes fail.
func unprobed(a facts.Agent, t facts.TunnelInfo, events podhealth.Events) (summary, cause string) {
	summary = "is connected, and not Ready: the kubelet's probes fail"
	if event, ok := events.Last("pod/"+a.Name, "Unhealthy"); ok {
		summary += ": " + event.Message
	}
	return summary, fmt.Sprintf("inside the pod, port %d answers that it is connected: see --health-server-host, the probe, and the "+
		"node's rules", t.HealthPort)
}

// problem describes why the agent, which is not ready, is not connected.
func (v agentView) problem(a facts.Agent) (summary, cause string) {
	const works = "DNS, TCP, TLS and ALPN to the API server work from the agent"
	condition := a.Condition("Ready")
	summary = "is not connected to the API server: " + firstNonEmpty(condition.Message, condition.Reason, "it is not Ready")
	switch {
	case v.silent && v.reaches:
		return "does not answer on its health port", "its process hangs; " + works
	case v.silent:
		return "does not answer on its health port", "its process hangs"
	case v.dials: // it connects otherwise than what was tried beside it
		return summary, "the last error in its log: " + v.log
	case v.reaches && v.log != "":
		return summary, works + ", so the tunnel server is at fault; the last error in the agent's log: " + v.log
	case v.reaches && len(v.lines) > 0:
		return summary, works + ", so the tunnel server is at fault"
	case v.log != "":
		return summary, "whether its node reaches the API server is unknown; the last error in its log: " + v.log
	}
	return summary, "whether its node reaches the API server is unknown"
}
