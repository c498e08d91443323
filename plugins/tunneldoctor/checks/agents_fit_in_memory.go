package checks

import (
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsFitInMemory finds agents that were OOM-killed.
var AgentsFitInMemory = &check.Check{
	Code: "TUN0206",
	Name: "agents-fit-in-memory",
	Hop:  hopAgents,
	Doc: `the tunnel agents stay within their memory limits

Many large streams at once, such as many followed logs, can need more memory than an agent has. More agents share the load.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		killed := func(a facts.Agent) (string, string) {
			return containerProblem(a, func(c podhealth.Container) (string, string) {
				recently := c.Last.Reason == outOfMemory && agents.At.Sub(c.Last.Since) < time.Hour
				if c.State.Reason == outOfMemory || recently {
					return "was OOM-killed, " + counted(c.Restarts, "restart"), "its container reached its memory limit"
				}
				return "", ""
			})
		}
		found := problems(agents, killed)
		if len(found) == 0 { // agents that run again count too
			for _, a := range agents.Alive() {
				if summary, cause := killed(a); summary != "" && a.Ready() {
					found = append(found, agentProblem{a, summary, cause})
				}
			}
		}
		fs := agentFindings(agents, found,
			fix("check the memory limit", cmdline.Kubectl("describe", "deployment", t.Kind, "-n", system)),
			reconcileFix("reconcile the cluster to restore the Deployment"),
		)
		justNow := slices.ContainsFunc(found, func(f agentProblem) bool {
			return slices.ContainsFunc(f.agent.Containers, func(c podhealth.Container) bool {
				return c.Last.Reason == outOfMemory && agents.At.Sub(c.Last.Since) < 3*time.Minute
			})
		})
		if justNow {
			fs = raised(p, fs)
		}
		return fs, nil
	},
}
