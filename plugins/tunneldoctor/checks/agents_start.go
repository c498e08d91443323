package checks

import (
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsStart finds agents whose container cannot be created.
var AgentsStart = &check.Check{
	Code: "TUN0204",
	Name: "agents-start",
	Hop:  hopAgents,
	Doc: `the tunnel agents start

Their image must be on the node or be pulled, and the Secret with their certificates (konnectivity-certs) must be mounted. An init container
that something has added must finish.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{AgentsAreScheduled},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok {
			return nil, err
		}
		events, eventsErr := facts.AgentEvents.Get(p)
		waits := false
		found := problems(agents, func(a facts.Agent) (string, string) {
			return containerProblem(a, func(c podhealth.Container) (string, string) {
				switch {
				case c.State.Phase != podhealth.Waiting:
					return podhealth.Initializing(agents.At, 20*time.Second)(c) // AKS's agents have none
				case podhealth.PullFailed(c.State.Reason), podhealth.CreateFailed(c.State.Reason):
					return "cannot start: " + c.State.Reason, firstNonEmpty(c.State.Message, "the kubelet gives no message")
				}
				if event, ok := events.Last("pod/"+a.Name, "FailedMount", "FailedCreatePodSandBox"); ok {
					return "cannot start: " + event.Reason, event.Message
				}
				waits = waits || c.State.Reason == "ContainerCreating"
				return "", ""
			})
		})
		if len(found) == 0 && waits && eventsErr != nil {
			return nil, eventsErr
		}
		return agentFindings(agents, found,
			fix("find what is missing",
				cmdline.Kubectl("describe", "pods", "-n", system, "-l", t.Selector),
				cmdline.Kubectl("get", "secret", firstNonEmpty(t.Secret, "konnectivity-certs"), "-n", system)),
			reconcileFix("reconcile the cluster to restore what the agents need"),
		), nil
	},
}
