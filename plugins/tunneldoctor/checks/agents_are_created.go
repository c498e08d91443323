package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreCreated finds a tunnel without agents.
var AgentsAreCreated = &check.Check{
	Code: "TUN0202",
	Name: "agents-are-made",
	Hop:  hopAgents,
	Doc: `the tunnel has agents

Logs, exec, port-forward, top, webhooks and aggregated APIs reach the cluster from the API server through the tunnel agents. A
cluster with API Server VNet Integration and flat Azure CNI has no tunnel.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{WebhooksAllowAgents},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if err != nil {
			return nil, err
		}
		if !ok {
			return withoutTunnel(p)
		}
		if len(agents.Alive()) > 0 {
			return nil, nil
		}
		f := check.Finding{Severity: check.Error, Target: deploymentRef(t)}
		switch {
		case t.Replicas == 0:
			f.Summary = fmt.Sprintf("Deployment kube-system/%s is scaled to 0: the tunnel has no agent", t.Kind)
			f.Cause = "its spec.replicas is 0"
			f.Fixes = []check.Fix{fix("scale it to 2 replicas", cmdline.Kubectl("scale", "-n", system, "deployment/"+t.Kind, "--replicas=2"))}
		case t.Failure.Status != "":
			f.Summary = fmt.Sprintf("Deployment kube-system/%s cannot create pods: %s", t.Kind, t.Failure.Message)
			f.Cause = "an admission controller or a quota rejects its pods: " + firstNonEmpty(t.Failure.Reason, "no reason given")
			if e := errtext.Explain(t.Failure.Message); e.Known() {
				f.Cause = e.Clause()
			}
			f.Fixes = []check.Fix{fix("show what rejects the pods",
				cmdline.Kubectl("get", "resourcequotas", "-n", system), cmdline.Kubectl("describe", "deployment", t.Kind, "-n", system))}
		case slices.ContainsFunc(agents.Items, func(a facts.Agent) bool { return a.Deleting }):
			f.Summary = fmt.Sprintf("all pods of Deployment kube-system/%s are being deleted: the tunnel has no agent", t.Kind)
			f.Cause = "no new pod has been created: with strategy Recreate, that waits until they are gone, which may take half a minute, or for " +
				"ever on a node that is lost; with another strategy, the controller manager may not be running"
			f.Fixes = []check.Fix{fix("wait until they are gone, and see the new ones",
				cmdline.Kubectl("get", "pods", "-n", system, "-l", t.Selector, "-o", "wide", "--watch"))}
		default:
			f.Summary = fmt.Sprintf("Deployment kube-system/%s has no pod", t.Kind)
			f.Cause = "no pod was created and no error is reported: the controller manager may not be running"
			f.Fixes = []check.Fix{fix("check the Deployment's events", cmdline.Kubectl("describe", "deployment", t.Kind, "-n", system))}
		}
		return []check.Finding{f}, nil
	},
}

// withoutTunnel distinguishes a cluster that needs no tunnel from one whose tunnel was deleted: there, the API server reports that it
// has no agent.
func withoutTunnel(p *check.Pass) ([]check.Finding, error) {
	attempts, err := facts.LogAttempts.Get(p)
	if err != nil {
		return nil, fmt.Errorf("kube-system has no tunnel Deployment, and whether the cluster needs one is unknown: %w", err)
	}
	lost := slices.ContainsFunc(attempts, func(t facts.Attempts) bool { return slices.ContainsFunc(t.Errors, errtext.NoAgent) })
	if !lost {
		return nil, nil
	}
	return []check.Finding{{
		Severity: check.Error,
		Target:   check.Ref{Kind: "deployment", Namespace: system, Name: facts.Konnectivity},
		Summary:  "kube-system has no tunnel Deployment, and the API server has no tunnel agent",
		Cause:    "Deployment konnectivity-agent was deleted; AKS re-creates it when it reconciles the cluster",
		Fixes:    []check.Fix{reconcileFix("reconcile the cluster to re-create the Deployment")},
	}}, nil
}
