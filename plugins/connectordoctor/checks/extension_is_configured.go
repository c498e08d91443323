package checks

import (
	"fmt"
	"sync"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// operationTime is how long an operation may take; Microsoft says to wait that long before a second attempt.
const operationTime = 10 * time.Minute

// ExtensionIsConfigured finds an extension that did not reach the cluster, or on which the agents have not acted.
var ExtensionIsConfigured = &check.Check{
	Code: "CON0106",
	Name: "extension-is-configured",
	Hop:  hopExtension,
	Doc: `the configuration of Service Connector's extension has reached the cluster and the agents have acted on it

extension-agent gets the configuration from the region's dp.kubernetesconfiguration.azure.com and keeps it in an ExtensionConfig, whose
status extension-operator writes. An empty status is Azure's error "status not populated".`,
	Sources: []string{docTrouble, docExtension},
	After:   []*check.Check{AgentsAreReady},
	Needs:   ofAgents(facts.AgentLogs),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		a, ok, err := agents(p)
		if !ok {
			return nil, err
		}
		ns, err := facts.SystemNamespace.Get(p)
		if err != nil {
			return nil, err
		}
		list, err := facts.ExtensionConfigs.Get(p)
		if err != nil {
			return nil, err
		}
		if len(list.Items) == 0 {
			found := absentConfig(p, list, ns)
			sayAgentLog(p, &found[0])
			return found, nil
		}
		worst := sync.OnceValue(func() check.Severity { return severity(p) })
		var found []check.Finding
		for _, c := range list.Items {
			f := check.Finding{Severity: worst(), Target: check.Ref{Kind: "extensionconfig", Namespace: system, Name: c.Name}}
			switch {
			case !c.Deleted.IsZero():
				f = deletedConfig(c, f, a.At.Sub(c.Deleted))
			case c.Status == "" && a.At.Sub(c.Created) > operationTime:
				f.Summary = fmt.Sprintf("ExtensionConfig kube-system/%s has had no status for %s", c.Name, age(a.At.Sub(c.Created)))
				f.Cause = "extension-operator has not acted on it: it is stalled, or does not reach Azure"
				f.Fixes = []check.Fix{
					fix("see why in its log", cmdline.Kubectl("logs", "deployment/"+facts.ExtensionOperator, "-n", system, "--tail=50")),
				}
				sayAgentLog(p, &f)
			case c.Synced == "false":
				f.Severity = check.Warning
				f.Summary = fmt.Sprintf("the status of ExtensionConfig kube-system/%s has not reached Azure", c.Name)
				f.Cause = "extension-agent does not reach the region's dp.kubernetesconfiguration.azure.com, or its identity is refused there"
				f.Fixes = []check.Fix{
					fix("see the error in its log", cmdline.Kubectl("logs", "deployment/"+facts.ExtensionAgent, "-n", system, "--tail=50")),
				}
				sayAgentLog(p, &f)
			default:
				continue
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// deletedConfig completes the finding on an ExtensionConfig that has been being deleted for that long.
func deletedConfig(c facts.ExtensionConfig, f check.Finding, since time.Duration) check.Finding {
	f.Summary = fmt.Sprintf("ExtensionConfig kube-system/%s is being deleted", c.Name)
	f.Cause = "the agents install nothing in its name until it is gone"
	if len(c.Finalizers) > 0 {
		f.Cause = fmt.Sprintf("it waits for its finalizers: %s; %s", names(c.Finalizers), f.Cause)
	}
	f.Fixes = []check.Fix{
		fix("wait up to 10 minutes; see what removes the finalizers",
			cmdline.Kubectl("get", "extensionconfig", c.Name, "-n", system, "-o", "yaml"),
			cmdline.Kubectl("logs", "deployment/"+facts.ExtensionOperator, "-n", system, "--tail=50")),
	}
	if since < operationTime {
		f.Severity = check.Warning // the extension may just be uninstalled
		return f
	}
	f.Summary = fmt.Sprintf("ExtensionConfig kube-system/%s has been being deleted for %s", c.Name, age(since))
	f.Fixes[0].Title = "see what should remove the finalizers, and why it does not"
	f.Fixes = append(f.Fixes, fix("if nothing will, remove the finalizers, and make the connection again",
		cmdline.Kubectl("patch", "extensionconfig", c.Name, "-n", system, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)))
	return f
}

func absentConfig(p *check.Pass, list facts.ExtensionConfigList, ns facts.SystemInfo) []check.Finding {
	s := severity(p)
	if s == check.Warning {
		s = check.Info // what the connection provides was written by something else, or by an extension that was deleted since
	}
	f := check.Finding{
		Severity: s, Target: check.Ref{Kind: "extensionconfig", Namespace: system, Name: "sc-extension"},
		Summary: "the extension of Service Connector has no ExtensionConfig in kube-system",
		Cause:   "its configuration has not reached the cluster: extension-agent does not reach Azure, or the extension was not installed",
		Fixes: []check.Fix{
			showExtension(),
			fix("see whether extension-agent reaches Azure", cmdline.Kubectl("logs", "deployment/"+facts.ExtensionAgent, "-n", system, "--tail=50")),
		},
	}
	switch {
	case !list.Served:
		f.Summary = "the cluster does not know ExtensionConfigs, which the extension agents define"
		f.Cause = "the definition extensionconfigs.clusterconfig.azure.com was deleted, or the agents have not finished their installation"
		f.Fixes = []check.Fix{azure("reconcile the cluster", ofCluster("update"))}
	case ns.Exists:
		f.Cause = "the extension was deleted, or extension-agent does not reach Azure"
	}
	return []check.Finding{f}
}

// age returns a duration as people say it.
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}
