package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// unused returns where connections were looked for, if there is none and the cluster has nothing of Service Connector: other extensions
// may have the same agents. It is empty if there is something, or if that is unknown. The check must need ofAgents.
func unused(p *check.Pass) (where string) {
	c, err := facts.Connection.Get(p)
	if err != nil || c.Searched == "" {
		return ""
	}
	ns, err := facts.SystemNamespace.Get(p)
	if err != nil || ns.Exists {
		return ""
	}
	configs, err := facts.ExtensionConfigs.Get(p)
	if err != nil || len(configs.Items) > 0 {
		return ""
	}
	if c.Searched == facts.AllNamespaces {
		return "any namespace"
	}
	return "namespace " + c.Searched
}
