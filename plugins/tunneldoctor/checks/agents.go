package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// system is the namespace of the tunnel agents.
const system = "kube-system"

// tunnelAgents returns the tunnel and its agents. If there is no tunnel, ok is false and the check is skipped; ok is false on errors
// too.
func tunnelAgents(p *check.Pass) (t facts.TunnelInfo, agents facts.AgentList, ok bool, err error) {
	if t, err = facts.Tunnel.Get(p); err != nil {
		return t, agents, false, err
	}
	if t.Kind == "" {
		p.Skip("kube-system has no tunnel Deployment")
		return t, agents, false, nil
	}
	agents, err = facts.Agents.Get(p)
	return t, agents, err == nil, err
}

func deploymentRef(t facts.TunnelInfo) check.Ref {
	return check.Ref{Kind: "deployment", Namespace: system, Name: t.Kind}
}

// readyCount returns the number of Ready agents. With Konnectivity these are connected to the API server
// (https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/master/pkg/agent/readiness.go).
func readyCount(agents facts.AgentList) int {
	n := 0
	for _, a := range agents.Alive() {
		if a.Ready() {
			n++
		}
	}
	return n
}

// agentProblem is an agent with a description of what is wrong with it.
type agentProblem struct {
	agent          facts.Agent
	summary, cause string // summary follows "tunnel agent NAME "
}

// problems returns the problems that look finds in agents that are alive and not ready; it returns an empty summary for none.
func problems(agents facts.AgentList, look func(facts.Agent) (summary, cause string)) []agentProblem {
	var found []agentProblem
	for _, a := range agents.Alive() {
		if a.Ready() {
			continue
		}
		if summary, cause := look(a); summary != "" {
			found = append(found, agentProblem{a, summary, cause})
		}
	}
	return found
}

// agentFindings returns one finding for agents with the same problem: an error if no agent is ready, otherwise a warning.
func agentFindings(agents facts.AgentList, found []agentProblem, fixes ...check.Fix) []check.Finding {
	if len(found) == 0 {
		return nil
	}
	severity := check.Error
	if readyCount(agents) > 0 {
		severity = check.Warning
	}
	refs := make([]check.Ref, len(found))
	for i, p := range found {
		refs[i] = podRef(p.agent)
	}
	first := found[0]
	f := check.Finding{
		Severity: severity, Summary: fmt.Sprintf("tunnel agent %s %s", first.agent.Name, first.summary), Cause: first.cause, Fixes: fixes,
	}
	return []check.Finding{f.About(refs, len(agents.Alive()), "agents")}
}

func podRef(a facts.Agent) check.Ref {
	return check.Ref{Kind: "pod", Namespace: system, Name: a.Name}
}

// containerProblem returns the first problem that look finds in a container of the agent.
func containerProblem(a facts.Agent, look func(podhealth.Container) (summary, cause string)) (summary, cause string) {
	_, summary, cause, _ = a.ContainerProblem(look)
	return summary, cause
}

// fix returns a fix by commands.
func fix(title string, commands ...cmdline.Command) check.Fix {
	return check.Fix{Title: title, Commands: commands}
}

// weakening returns the fix with how it weakens a protection.
func weakening(f check.Fix, how string) check.Fix {
	f.Weakens = how
	return f
}

// restartFix is the fix that restarts the agents.
func restartFix(t facts.TunnelInfo) check.Fix {
	return check.Fix{
		Title:      "restart the tunnel agents",
		Commands:   []cmdline.Command{cmdline.Kubectl("rollout", "restart", "-n", system, "deployment/"+t.Kind)},
		Disruptive: true,
	}
}

// supportFix is the fix for what restarted agents do not heal.
func supportFix() check.Fix {
	return check.Fix{Title: "if that does not help, open an Azure support request with this report: Microsoft runs the tunnel server"}
}

// ofCluster returns an az aks command on the cluster. A fix with it declares clusterPlaceholders.
func ofCluster(verb string, args ...string) cmdline.Command {
	return cmdline.Az("aks", verb, "-g", string(check.ResourceGroup), "-n", string(check.ClusterName)).With(args...)
}

func clusterPlaceholders() []check.Placeholder {
	return []check.Placeholder{check.ResourceGroup, check.ClusterName}
}

// reconcileFix is the fix for objects that AKS deploys and restores.
func reconcileFix(title string) check.Fix {
	return check.Fix{Title: title, Commands: []cmdline.Command{ofCluster("update")}, Placeholders: clusterPlaceholders()}
}

// firstNonEmpty returns the first text that is not blank, or an empty one.
func firstNonEmpty(texts ...string) string {
	i := slices.IndexFunc(texts, func(s string) bool { return strings.TrimSpace(s) != "" })
	if i < 0 {
		return ""
	}
	return texts[i]
}

// counted returns the number with its noun, in the plural unless it is 1.
func counted[N int | int32](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// joinNames joins up to three names, and counts the others.
func joinNames(list []string) string {
	if len(list) <= 3 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
}
