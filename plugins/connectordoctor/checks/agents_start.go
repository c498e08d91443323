package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// AgentsStart finds extension agents whose containers cannot be created.
var AgentsStart = &check.Check{
	Code: "CON0103",
	Name: "extension-agents-start",
	Hop:  hopExtension,
	Doc: `the extension agents start

Their images come from mcr.microsoft.com: a firewall that does not allow it keeps them from starting.`,
	Sources: []string{docTrouble, "https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"},
	After:   []*check.Check{AgentsAreScheduled},
	Needs:   ofAgents(facts.AgentEvents),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		a, ok, err := agents(p)
		if !ok {
			return nil, err
		}
		events, eventsErr := facts.AgentEvents.Get(p)
		found := agentFindings(p, a, either(
			inContainer(podhealth.Unpulled), inContainer(podhealth.Uncreated), events.Unmounted,
		), describePods(a), azure("reconcile the cluster", ofCluster("update")))
		if len(found) == 0 && waiting(a.Alive()) && eventsErr != nil {
			return nil, eventsErr
		}
		return found, nil
	},
}

// waiting reports whether a container of the pods waits for no reason that its state tells.
func waiting(pods []podhealth.Pod) bool {
	for _, p := range podhealth.NotReady(pods) {
		for _, c := range p.Containers {
			if c.State.Phase == podhealth.Waiting && c.State.Reason == "ContainerCreating" {
				return true
			}
		}
	}
	return false
}
