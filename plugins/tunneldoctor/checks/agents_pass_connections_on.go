package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsPassConnectionsOn finds agents that are Ready and connected, and pass nothing on.
var AgentsPassConnectionsOn = &check.Check{
	Code: "TUN0603",
	Name: "agents-pass-connections-on",
	Hop:  hopNetwork,
	Doc: `agents that are Ready pass connections on

An agent may be connected and Ready and yet hang: one stream that its reader does not take stops all others in it, until the agent
is restarted. Every way from the agents' nodes to the kubelets then works, and no request through the tunnel does. It is the same where the
tunnel server does not choose the agents, by their argument --agent-identifiers, and where the server itself hangs.`,
	Sources: []string{"https://github.com/kubernetes-sigs/apiserver-network-proxy/issues/370"},
	After:   append(tunnelChecks(), KubeletPortIsReached, LargePacketsPass),
	Needs:   append([]check.Need{facts.Agents}, kubeletNeeds...),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok || err != nil {
			return nil, err
		}
		if !t.ReadyIsConnected() || readyCount(agents) == 0 {
			return nil, nil
		}
		if !t.HasDefaultRoute() && (noAgentChosen(p) || allLogsHang(p)) {
			return []check.Finding{unchosenAgents(t)}, nil
		}
		if !allLogsHang(p) {
			return nil, nil
		}
		_, broken, err := brokenPaths(p)
		if err != nil || len(broken) > 0 {
			return nil, err
		}
		reports, err := facts.AgentNodeReports.Get(p)
		if err != nil || len(reports.Items) == 0 {
			return nil, err
		}
		if len(nodesWithoutServer(p)) > 0 {
			return nil, nil // what hinders them is a matter of their egress
		}
		alive := agents.Alive()
		ready := alive[slices.IndexFunc(alive, facts.Agent.Ready)]
		f := check.Finding{
			Severity: check.Error, Target: check.Ref{Kind: "pod", Namespace: system, Name: ready.Name},
			Summary: fmt.Sprintf("tunnel agent %s is Ready and answers nothing: no log can be read (%s)", ready.Name,
				counted(readyCount(agents), "Ready agent")),
			Cause: "the agents' nodes reach every kubelet, so the agent itself hangs: one stream that nobody reads stops all others in it",
			Fixes: []check.Fix{restartFix(t)},
		}
		if readyCount(agents) > 1 { // that all hang is less likely
			f.Cause = "the agents' nodes reach every kubelet, so either every agent hangs, because of streams that nobody reads, or the tunnel " +
				"server on the control plane passes nothing on"
			f.Fixes = append(f.Fixes, supportFix())
		}
		return []check.Finding{f}, nil
	},
}

// noAgentChosen reports whether no log can be read because the tunnel server says that it has no agent.
func noAgentChosen(p *check.Pass) bool {
	return allLogsFailBy(p, func(text string) bool { return errtext.Explain(text).Class == errtext.NoAgentConnected })
}

// unchosenAgents is the finding on agents that are connected and that the server does not choose.
func unchosenAgents(t facts.TunnelInfo) check.Finding {
	return check.Finding{
		Severity: check.Error, Target: deploymentRef(t),
		Summary: "the tunnel server does not use the agents, although they are connected: no log can be read",
		Cause: fmt.Sprintf("their argument --agent-identifiers=%s lacks default-route=true, by which the server chooses agents: AKS does not "+
			"set it so", t.Identifiers),
		Fixes: []check.Fix{
			reconcileFix("let AKS restore the Deployment"),
			fix("find out who changed it", cmdline.Kubectl("get", "deployment", t.Kind, "-n", system, "-o",
				"jsonpath={.metadata.managedFields[*].manager}")),
		},
	}
}

// allLogsHang reports whether no log can be read and no attempt gets an answer: an error that says more comes from whoever made it.
func allLogsHang(p *check.Pass) bool {
	return allLogsFailBy(p, func(text string) bool { return text == facts.NoAnswer })
}

// allLogsFailBy reports whether no log can be read, and by reports true of every error.
func allLogsFailBy(p *check.Pass, by func(text string) bool) bool {
	attempts, _ := facts.LogAttempts.Get(p)
	return allLogsFail(p) && !slices.ContainsFunc(attempts, func(t facts.Attempts) bool {
		return slices.ContainsFunc(t.Errors, func(text string) bool { return !by(text) })
	})
}
