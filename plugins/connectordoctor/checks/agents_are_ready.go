package checks

import (
	"cmp"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// newPod is how long a pod may take until it is Ready.
const newPod = 2 * time.Minute

// AgentsAreReady finds extension agents that are not Ready for a reason which the checks before do not find.
var AgentsAreReady = &check.Check{
	Code: "CON0105",
	Name: "extension-agents-are-ready",
	Hop:  hopExtension,
	Doc: `each extension agent has a Ready pod

An agent that runs and is not Ready does not act on what Azure sends: Service Connector then reports that it got no response from the
agent in time.`,
	Sources: []string{docTrouble},
	After:   []*check.Check{AgentsKeepRunning},
	Needs:   ofAgents(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		a, ok, err := agents(p)
		if !ok {
			return nil, err
		}
		return agentFindings(p, a, func(pod podhealth.Pod) (string, string) {
			if a.At.Sub(pod.Created) < newPod {
				return "", ""
			}
			c := pod.Condition("Ready")
			return "is not Ready", cmp.Or(c.Message, c.Reason, "its kubelet reports no state")
		}, fix("read the agents' logs", cmdline.Kubectl("logs", "deployment/"+facts.ExtensionAgent, "-n", system, "--tail=50"),
			cmdline.Kubectl("logs", "deployment/"+facts.ExtensionOperator, "-n", system, "--tail=50"))), nil
	},
}
