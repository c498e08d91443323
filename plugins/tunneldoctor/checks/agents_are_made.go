package checks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsAreMade is for a tunnel without agents.
var AgentsAreMade = &check.Check{
	Code: "TUN0202",
	Name: "agents-are-made",
	Hop:  hopAgents,
	Doc: `the tunnel has agents

logs, exec, port-forward, top, webhooks and aggregated APIs go from the API server through the tunnel's agents. A cluster with
API Server VNet Integration and flat Azure CNI has no tunnel.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{WebhooksLetAgentsIn},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.LogTries},
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
		f := check.Finding{Severity: check.Error, Target: deployment(t)}
		switch {
		case t.Replicas == 0:
			f.Summary = fmt.Sprintf("Deployment %s asks for 0 replicas: the tunnel has no agent", t.Kind)
			f.Cause = "it was scaled down"
			f.Fixes = []check.Fix{{Title: "scale it up", Commands: [][]string{kubectl("scale", "-n", system, "deployment/"+t.Kind, "--replicas=2")}}}
		case t.Failure.Status != "":
			f.Summary = fmt.Sprintf("no pod of Deployment %s can be made: %s", t.Kind, t.Failure.Message)
			f.Cause = "admission or a quota denies them: " + or(t.Failure.Reason, "no reason is given")
			f.Fixes = []check.Fix{{Title: "see what denies them", Commands: [][]string{kubectl("get", "resourcequotas", "-n", system), kubectl("describe", "deployment", t.Kind, "-n", system)}}}
		default:
			f.Summary = fmt.Sprintf("Deployment %s has no pod", t.Kind)
			f.Cause = "none was made: the controller manager may stand still"
			f.Fixes = []check.Fix{{Title: "see what its controller says", Commands: [][]string{kubectl("describe", "deployment", t.Kind, "-n", system)}}}
		}
		return []check.Finding{f}, nil
	},
}

// withoutTunnel tells a cluster that needs no tunnel from one that lost it: there the API server says that it has no agent.
func withoutTunnel(p *check.Pass) ([]check.Finding, error) {
	tries, err := facts.LogTries.Get(p)
	if err != nil {
		return nil, errors.Join(errors.New("kube-system has no Deployment of a tunnel, and whether one is needed could not be tried"), err)
	}
	lost := slices.ContainsFunc(tries, func(t facts.Tries) bool { return slices.ContainsFunc(t.Errors, errtext.NoAgent) })
	if !lost {
		return nil, nil
	}
	return []check.Finding{{
		Severity: check.Error,
		Target:   check.Ref{Kind: "deployment", Namespace: system, Name: facts.Konnectivity},
		Summary:  "kube-system has no Deployment of a tunnel, and the API server has no tunnel agent",
		Cause:    "the Deployment konnectivity-agent was deleted; AKS makes it again when the cluster is reconciled",
		Fixes:    []check.Fix{reconcile("let AKS make it again")},
	}}, nil
}
