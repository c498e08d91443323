package checks

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// AgentsAreInstalled finds a cluster without the agents that install extensions.
var AgentsAreInstalled = &check.Check{
	Code: "CON0101",
	Name: "extension-agents-are-installed",
	Hop:  hopExtension,
	Doc: `the extension agents are installed and have pods

Service Connector writes to the cluster through its extension, which extension-agent and extension-operator in kube-system install. AKS
adds both with the first extension.`,
	Sources: []string{docExtension, "https://learn.microsoft.com/azure/aks/cluster-extensions"},
	Needs:   ofAgents(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		if where := unused(p); where != "" {
			return []check.Finding{{
				Severity: check.Info, Target: check.Ref{Kind: "namespace", Name: facts.System},
				Summary: "No connection of Service Connector found in " + where,
				Cause:   "the cluster has neither namespace " + facts.System + " nor an ExtensionConfig of Service Connector",
				Fixes:   []check.Fix{azure("see whether Azure has connections of the cluster", listConnections())},
			}}, nil
		}
		if why := needless(p); why != "" {
			p.Skip("%s", why)
			return nil, nil
		}
		a, err := facts.Agents.Get(p)
		if err != nil {
			return nil, err
		}
		ns, err := facts.SystemNamespace.Get(p)
		if err != nil {
			return nil, err
		}
		if len(a.Deployments) == 0 {
			if why := perhapsNeedless(p); why != "" {
				p.Skip("%s", why)
				return nil, nil
			}
			return []check.Finding{withoutAgents(p, ns)}, nil
		}
		var found []check.Finding
		for _, name := range []string{facts.ExtensionAgent, facts.ExtensionOperator} {
			i := slices.IndexFunc(a.Deployments, func(d facts.Deployment) bool { return d.Name == name })
			f := check.Finding{Severity: severity(p), Target: check.Ref{Kind: "deployment", Namespace: system, Name: name}}
			switch {
			case i < 0:
				f.Summary = "Deployment kube-system/" + name + " does not exist"
				f.Cause = "it was deleted; AKS creates it again when it reconciles the cluster"
				f.Fixes = []check.Fix{azure("reconcile the cluster", ofCluster("update"))}
			case a.Deployments[i].Replicas == 0:
				f.Summary, f.Cause = "Deployment kube-system/"+name+" is scaled to 0", "its spec.replicas is 0"
				f.Fixes = []check.Fix{fix("scale it to 1 replica", cmdline.Kubectl("scale", "-n", system, "deployment/"+name, "--replicas=1"))}
			case len(a.Of(name)) > 0:
				continue
			default:
				reason := a.Deployments[i].Failure
				f.Summary = fmt.Sprintf("Deployment kube-system/%s has no pod: %s", name, cmp.Or(reason.Message, "no error is reported"))
				f.Cause = rejection(reason.Message)
				f.Fixes = []check.Fix{fix("see its events", cmdline.Kubectl("describe", "deployment", name, "-n", system))}
			}
			found = append(found, f)
		}
		return found, nil
	},
}

func withoutAgents(p *check.Pass, ns facts.SystemInfo) check.Finding {
	f := check.Finding{
		Severity: severity(p), Target: check.Ref{Kind: "namespace", Name: system},
		Summary: "kube-system has no extension agents, and namespace " + facts.System +
			" does not exist: no extension was installed on this cluster",
		Cause: "Service Connector installs its extension with the first connection; it failed before that, or there was none",
		Fixes: []check.Fix{
			azure("see whether Azure knows the extension", ofExtension("show")),
			azure("see the cluster's connections, and repeat the one that failed", listConnections()),
		},
	}
	if ns.Exists {
		f.Summary = "kube-system has no extension agents, although namespace " + facts.System + " exists"
		f.Cause = "they were deleted, or all extensions were; AKS creates them again when it reconciles the cluster"
		f.Fixes[1] = azure("reconcile the cluster", ofCluster("update"))
	}
	if f.Severity == check.Warning {
		f.Severity = check.Info // what the connection provides was written by something else, or by an extension that was deleted since
	}
	return f
}
