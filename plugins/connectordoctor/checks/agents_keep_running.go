package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// AgentsKeepRunning finds extension agents that keep exiting.
var AgentsKeepRunning = &check.Check{
	Code: "CON0104",
	Name: "extension-agents-keep-running",
	Hop:  hopExtension,
	Doc: `the extension agents keep running

An agent that exits, or that is OOM-killed while Helm works with many revisions of a large chart, does not finish the operation.`,
	Sources: []string{docTrouble},
	After:   []*check.Check{AgentsStart},
	Needs:   ofAgents(facts.AgentLogs),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		a, ok, err := agents(p)
		if !ok {
			return nil, err
		}
		var fixes []check.Fix
		for _, name := range []string{facts.ExtensionAgent, facts.ExtensionOperator} {
			fixes = append(fixes, fix("read the log of "+name,
				cmdline.Kubectl("logs", "deployment/"+name, "-n", system, "--previous", "--tail=50")))
		}
		found := agentFindings(p, a, inContainer(podhealth.Exiting(a.At)), fixes...)
		if len(found) == 0 {
			return nil, nil
		}
		list, _ := facts.AgentLogs.Get(p) // without them, the causes are only less certain
		logs := map[string]facts.LogTail{}
		for _, t := range list {
			if t.Exited {
				logs[t.Pod+"/"+t.Container] = t
			}
		}
		for i := range found {
			for _, pod := range a.Alive() {
				if found[i].Target.Name == pod.Name {
					sayLog(p, system, pod, a.At, logs, &found[i])
				}
			}
		}
		return found, nil
	},
}
