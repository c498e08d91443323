package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentsBypassProxy finds agents that connect to the API server through an HTTP proxy, and are not connected.
var AgentsBypassProxy = &check.Check{
	Code: "TUN0309",
	Name: "agents-bypass-proxy",
	Hop:  hopEgress,
	Doc: `the tunnel agents connect to the API server without an HTTP proxy

An agent whose environment has HTTPS_PROXY connects through that proxy, unless NO_PROXY holds the API server's name. AKS puts it there
when it sets up a proxy; who injects the variables by himself has to do the same.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/http-proxy", "https://github.com/Azure/AKS/issues/3207"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, ok, err := tunnelAgents(p)
		if !ok || t.Proxy == "" {
			return nil, err
		}
		found := problems(agents, func(facts.Agent) (string, string) {
			return "is not connected to the API server, to which it goes through the proxy " + t.Proxy + " of its environment (HTTPS_PROXY)",
				"NO_PROXY lacks the API server's name " + t.Endpoint.Host + "; most likely the proxy does not answer, or refuses"
		})
		return agentFindings(agents, found,
			check.Fix{
				Title:        "add the API server's name to noProxy of the cluster's proxy settings",
				Commands:     []cmdline.Command{ofCluster("update", "--http-proxy-config", "PROXY-CONFIG.json")},
				Placeholders: clusterPlaceholders(), Disruptive: true,
			},
			fix("find out who sets the variables", cmdline.Kubectl("get", "deployment", t.Kind, "-n", system, "-o",
				"jsonpath={.metadata.managedFields[*].manager}")),
		), nil
	},
}
