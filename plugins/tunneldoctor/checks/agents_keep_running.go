package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

const outOfMemory = "OOMKilled"

// AgentsKeepRunning is for agents that end again and again.
var AgentsKeepRunning = &check.Check{
	Code: "TUN0205",
	Name: "agents-keep-running",
	Hop:  hopAgents,
	Doc: `the tunnel agents keep running

When an agent exits, for example because of a wrong argument or unreadable certificates, its connections are lost.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		events, _ := facts.AgentEvents.Get(p) // without them what the kubelet restarted counts too
		found := problems(agents, func(a facts.Agent) (string, string) {
			if event, ok := events.Last("pod/"+a.Name, "Unhealthy"); ok && strings.HasPrefix(event.Message, "Liveness") {
				return "", "" // its probe may be that it is connected: the kubelet restarts what is not
			}
			return containerProblem(a, func(c podhealth.Container) (string, string) {
				ended := c.State
				if ended.Phase != podhealth.Terminated {
					ended = c.Last
				}
				again := c.State.Phase == podhealth.Terminated || c.State.Phase == podhealth.Waiting && c.State.Reason == "CrashLoopBackOff" || c.Restarts > 1 && c.State.Phase == podhealth.Running && c.State.Since.Sub(c.Last.Since) < time.Minute && agents.At.Sub(c.State.Since) < 10*time.Minute
				if !again || ended.Phase != podhealth.Terminated || ended.Reason == outOfMemory {
					return "", ""
				}
				return fmt.Sprintf("keeps exiting: last exit code %d, %s", ended.ExitCode, counted(c.Restarts, "restart")), firstNonEmpty(ended.Message, "its process exits; its log shows why")
			})
		})
		var fixes []check.Fix
		if len(found) > 0 {
			a := found[0].agent
			fixes = append(fixes, check.Fix{Title: "read its log on the node, without the tunnel", Commands: [][]string{
				noTunnel(a.Node, "sh", "-c", fmt.Sprintf("tail -n 20 /var/log/pods/%s_%s_*/*/*.log", system, a.Name)),
			}})
		}
		return agentFindings(agents, found, append(fixes, reconcileFix("reconcile the cluster to restore the Deployment"), restartFix(t))...), nil
	},
}
