package facts

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// AgentLogs are the ends of the logs of the extension agents: of containers that have exited with an error; and of one pod of each, if an
// ExtensionConfig of Service Connector is missing, has no status, or has not reached Azure: what Azure refuses them, or they cannot reach,
// is only there. Without the permission to
// read logs in kube-system, they have an Error.
var AgentLogs = &Fact[[]LogTail]{
	Name:  "extension-agent-logs",
	Needs: []check.Need{Agents, ExtensionConfigs},
	Gather: func(ctx context.Context, e *Env) ([]LogTail, []check.Evidence, error) {
		tails := []LogTail{}
		configs, err := ExtensionConfigs.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		agents, err := Agents.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		for _, pod := range agents.Alive() {
			for _, c := range pod.Containers {
				if previous, exit := c.Exited(); !pod.Ready() && exit.ExitCode != 0 && len(tails) < maxLogs/2 {
					tails = append(tails, LogTail{Pod: pod.Name, Container: c.Name, Previous: previous, Exited: true})
				}
			}
		}
		idle := func(c ExtensionConfig) bool { return c.Status == "" || c.Synced == "false" }
		unfinished := len(configs.Items) == 0 || slices.ContainsFunc(configs.Items, idle)
		for _, name := range []string{ExtensionAgent, ExtensionOperator} {
			pods := agents.Of(name)
			if len(pods) == 0 || !unfinished {
				continue
			}
			running := slices.DeleteFunc(slices.Clone(pods[0].Containers), func(c podhealth.Container) bool {
				return c.State.Phase != podhealth.Running
			})
			for _, c := range running[:min(len(running), maxLogs/2)] { // as many of each agent
				tails = append(tails, LogTail{Pod: pods[0].Name, Container: c.Name})
			}
		}
		fact.Concurrently(len(tails), func(i int) { tails[i] = tails[i].read(ctx, e, metav1.NamespaceSystem) })
		return tails, nil, nil
	},
}
