package checks

import (
	"cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// AgentsAreScheduled finds extension agents that no node takes.
var AgentsAreScheduled = &check.Check{
	Code: "CON0102",
	Name: "extension-agents-are-scheduled",
	Hop:  hopExtension,
	Doc: `the extension agents are scheduled to nodes

Where all node pools have the taint CriticalAddonsOnly, or none has room, their pods stay pending, and each operation of Service Connector
times out.`,
	Sources: []string{docTrouble, "https://learn.microsoft.com/azure/aks/use-system-pools"},
	After:   []*check.Check{AgentsAreInstalled},
	Needs:   ofAgents(facts.NodeTaints),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		a, ok, err := agents(p)
		if !ok {
			return nil, err
		}
		cause, provide := scheduling(p)
		return agentFindings(p, a, func(pod podhealth.Pod) (string, string) {
			summary, otherwise := podhealth.Unscheduled(pod)
			return summary, cmp.Or(cause, otherwise)
		}, provide), nil
	},
}
