package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// outOfMemory is the reason of a container that the kernel killed at its memory limit.
const outOfMemory = "OOMKilled"

// AgentsKeepRunning finds agents that keep exiting.
var AgentsKeepRunning = &check.Check{
	Code: "TUN0205",
	Name: "agents-keep-running",
	Hop:  hopAgents,
	Doc: `the tunnel agents keep running

When an agent exits, for example because of a wrong argument or unreadable certificates, its connections are lost.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentEvents, facts.AgentNodeReports, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		events, _ := facts.AgentEvents.Get(p) // without them, restarts by the kubelet count too
		logs := agentLogs(p)
		found := problems(agents, func(a facts.Agent) (string, string) {
			if event, ok := events.Last("pod/"+a.Name, "Unhealthy"); ok && strings.HasPrefix(event.Message, "Liveness") {
				return "", "" // the probe may require a connection: the kubelet then restarts agents that have none
			}
			return containerProblem(a, func(c podhealth.Container) (string, string) {
				exit := c.State
				if exit.Phase != podhealth.Terminated {
					exit = c.Last
				}
				if !keepsExiting(c, agents.At) || exit.Phase != podhealth.Terminated || exit.Reason == outOfMemory {
					return "", ""
				}
				summary := fmt.Sprintf("keeps exiting: last exit code %d, %s", exit.ExitCode, counted(c.Restarts, "restart"))
				return summary, firstNonEmpty(exit.Message, lastError(logs[a.Name]), "its process exits"+podhealth.SeeLog)
			})
		})
		var fixes []check.Fix
		if len(found) > 0 {
			a := found[0].agent
			fixes = append(fixes, fix("read its log on the node, without the tunnel",
				noTunnel(a.Node, podLog(a.Name))))
		}
		fs := agentFindings(agents, found, append(fixes, reconcileFix("reconcile the cluster to restore the Deployment"), restartFix(t))...)
		for i := range fs {
			a := found[0].agent
			if log := logs[a.Name]; len(log) > 0 {
				fs[i].Evidence = seenOn(a.Node, log[max(0, len(log)-3):], podLog(a.Name))
			}
		}
		return raised(p, fs), nil
	},
}

// raised returns the findings on agents that end now and then as errors, if logs cannot be read: it is why, although some agents are Ready
// at the moment. The check must need facts.LogAttempts.
func raised(p *check.Pass, fs []check.Finding) []check.Finding {
	attempts, err := facts.LogAttempts.Get(p)
	if err != nil || !slices.ContainsFunc(attempts, func(t facts.Attempts) bool { return len(t.Errors) > 0 }) {
		return fs
	}
	for i := range fs {
		if fs[i].Severity == check.Warning {
			fs[i].Severity = check.Error
		}
	}
	return fs
}

// lastError returns the last error of an agent's log, as a cause; empty if the log has none.
func lastError(log []string) string {
	if len(log) == 0 {
		return ""
	}
	return "its process exits; the last error in its log: " + lastLogged(log)
}

// lastLogged returns the last line, without the headers of the log, and at most 200 characters of it; empty: there is none.
func lastLogged(log []string) string {
	if len(log) == 0 {
		return ""
	}
	return shortened(log[len(log)-1])
}

// agentLogs returns the last errors in the agents' logs by the names of their pods, as far as their nodes report.
func agentLogs(p *check.Pass) map[string][]string {
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nil
	}
	logs := map[string][]string{}
	for _, r := range reports.Items {
		if r.Report.Agent != nil {
			logs[r.Agent] = r.Report.Agent.Log
		}
	}
	return logs
}

// keepsExiting reports whether the container has exited, or was restarted several times and has run only briefly at the given time.
func keepsExiting(c podhealth.Container, at time.Time) bool {
	switch c.State.Phase {
	case podhealth.Terminated:
		return true
	case podhealth.Waiting:
		return c.State.Reason == "CrashLoopBackOff"
	case podhealth.Running:
		return c.Restarts > 1 && c.State.Since.Sub(c.Last.Since) < time.Minute && at.Sub(c.State.Since) < 10*time.Minute
	}
	return false
}
