package checks

import (
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreConnected is for agents that run and are not connected, whatever the reason.
var AgentsAreConnected = &check.Check{
	Code: "TUN0306",
	Name: "agents-are-connected",
	Hop:  hopEgress,
	Doc: `the tunnel agents are connected to the API server

An agent is Ready while it is connected to the tunnel server. If DNS, TCP, TLS and ALPN work from the agent and it is still not
connected, the fault is in the tunnel server, which Microsoft must fix.`,
	Sources: []string{"https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/master/pkg/agent/readiness.go"},
	After:   []*check.Check{AgentsStart, AgentsKeepRunning, AgentsFitInMemory, AgentCertificateIsCurrent, AgentCertificateIsAccepted, ALPNIsKept},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentNodeReports, facts.ClusterNodes},
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
		lines, silent := map[string][]string{}, map[string]bool{}
		sides, sidesErr := facts.AgentNodeReports.Get(p)
		for _, s := range sides.Items {
			if s.Report.Agent != nil {
				lines[s.Agent] = slices.Concat(s.Report.Agent.Ready, s.Report.Agent.Metrics, s.Report.Agent.Log)
				silent[s.Agent] = s.Report.FromAgent && len(s.Report.Agent.Ready) == 0 && !slices.Contains(s.Report.Missing, "curl")
			}
		}
		found := unready(agents, func(a facts.Agent) (string, string) {
			if ready(agents) > 0 && agents.At.Sub(a.Created) < time.Minute { // it only just came
				return "", ""
			}
			if n := nodes.Find(a.Node); n == nil || nodes.Down(*n) { // its kubelet does not tell
				return "", ""
			}
			why := "DNS, TCP, TLS and ALPN to the API server work from the agent, so the tunnel server is at fault"
			switch {
			case silent[a.Name]:
				return "does not answer on its health port", "its process hangs: DNS, TCP, TLS and ALPN to the API server work from the agent"
			case sidesErr != nil || sides.Off != "" || len(lines[a.Name]) == 0:
				why = "whether its node reaches the API server is unknown"
			}
			return "is not connected to the API server: " + or(a.Condition("Ready").Message, a.Condition("Ready").Reason, "it is not Ready"), why
		})
		fs := aboutAgents(agents, found, restart(t), check.Fix{Title: "if that does not help, open an Azure support request with this report: Microsoft runs the tunnel server"})
		for i := range fs {
			a := found[0].agent
			if l := lines[a.Name]; len(l) > 0 {
				fs[i].Evidence = seenOn(a.Node, l[max(0, len(l)-6):], "sh", "-c", "tail -n 20 /var/log/pods/"+system+"_"+a.Name+"_*/*/*.log")
			}
		}
		return fs, nil
	},
}
