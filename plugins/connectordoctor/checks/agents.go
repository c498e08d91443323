package checks

import (
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ofAgents are the facts that agents and severity read.
func ofAgents(more ...check.Need) []check.Need {
	return provided(append(more, facts.Agents, facts.SystemNamespace, facts.ExtensionConfigs)...)
}

// agents returns the extension agents. If there are none, or the cluster has nothing of Service Connector, ok is false and the check is
// skipped; ok is false on errors too.
func agents(p *check.Pass) (a facts.Deployed, ok bool, err error) {
	if why := needless(p); why != "" {
		p.Skip("%s", why)
		return a, false, nil
	}
	if unused(p) != "" {
		p.Skip("the cluster has nothing of Service Connector")
		return a, false, nil
	}
	if a, err = facts.Agents.Get(p); err != nil {
		return a, false, err
	}
	if len(a.Deployments) == 0 {
		p.Skip("kube-system has no extension agents")
		return a, false, nil
	}
	return a, true, nil
}

// agentFindings returns one finding for each Deployment none of whose pods is Ready, about its pods with a problem.
func agentFindings(
	p *check.Pass, all facts.Deployed, look func(podhealth.Pod) (summary, cause string), fixes ...check.Fix,
) []check.Finding {
	var found []check.Finding
	for _, name := range []string{facts.ExtensionAgent, facts.ExtensionOperator} {
		pods := all.Of(name)
		if slices.ContainsFunc(pods, podhealth.Pod.Ready) {
			continue
		}
		if problems := podhealth.Problems(pods, look); len(problems) > 0 {
			f := podFinding(problems, system, len(pods))
			f.Severity, f.Fixes = severity(p), fixes
			found = append(found, f)
		}
	}
	return found
}

// podFinding returns the finding about the pods, all with the problem of the first.
func podFinding(problems []podhealth.Problem, namespace string, total int) check.Finding {
	first := problems[0]
	var refs []check.Ref
	for _, problem := range problems {
		refs = append(refs, check.Ref{Kind: "pod", Namespace: namespace, Name: problem.Pod.Name})
	}
	f := check.Finding{Severity: check.Error, Summary: "pod " + first.Pod.Name + " " + first.Summary, Cause: first.Cause}
	return f.About(refs, total, "pods")
}

// inContainer looks for the problem in each container of a pod.
func inContainer(look func(podhealth.Container) (summary, cause string)) func(podhealth.Pod) (summary, cause string) {
	return func(p podhealth.Pod) (string, string) {
		_, summary, cause, _ := p.ContainerProblem(look)
		return summary, cause
	}
}

// either returns what the first of the looks finds.
func either(looks ...func(podhealth.Pod) (summary, cause string)) func(podhealth.Pod) (summary, cause string) {
	return func(p podhealth.Pod) (string, string) {
		for _, look := range looks {
			if summary, cause := look(p); summary != "" {
				return summary, cause
			}
		}
		return "", ""
	}
}

// describePods shows events and states of the pods of a Deployment in kube-system.
func describePods(all facts.Deployed) check.Fix {
	var commands []cmdline.Command
	for _, pod := range podhealth.NotReady(all.Alive()) {
		if len(commands) < 2 {
			commands = append(commands, cmdline.Kubectl("describe", "pod", pod.Name, "-n", system))
		}
	}
	return fix("find what is missing", commands...)
}

// scheduling returns the cause and the fix of pods in the namespace that no node takes.
func scheduling(p *check.Pass) (cause string, f check.Fix) {
	t, err := facts.NodeTaints.Get(p)
	if err == nil && t.Nodes > 0 && t.CriticalAddonsOnly == t.Nodes {
		return "every node has the taint CriticalAddonsOnly, which these pods do not tolerate", addPool()
	}
	if err == nil && t.Nodes > 0 && t.NotReady == t.Nodes {
		return "no node is Ready: their kubelets do not report, or their network is not set up; the taints go when they are Ready again",
			fix("see the conditions of the nodes, and why kubelets do not reach the API server", cmdline.Kubectl("describe", "nodes"),
				cmdline.Kubectl("tunneldoctor"))
	}
	return "", fix("see what the nodes lack", cmdline.Kubectl("describe", "nodes"))
}
