package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// APIServerAnswers is for what is not the tunnel's fault at all.
var APIServerAnswers = &check.Check{
	Code: "TUN0101",
	Name: "api-server-answers",
	Hop:  hopAPI,
	Doc: `the API server answers this client

Where it does not, get and list fail too: the fault lies between this machine and the API server (authorized IP ranges, a
private cluster, DNS, a proxy), and nothing can be said of the tunnel.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tcp-timeouts-kubetctl-third-party-tools-connect-api-server"},
	Needs:   []check.Need{facts.APIServer},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		api, err := facts.APIServer.Get(p)
		if err != nil || api.Error == "" {
			return nil, err
		}
		return []check.Finding{{
			Severity: check.Error,
			Target:   check.Ref{Kind: "cluster", Name: api.Server},
			Summary:  fmt.Sprintf("this client does not reach the API server %s: %s", api.Server, api.Error),
			Cause:    or(errtext.Explain("Unable to connect to the server: "+api.Error).Meaning, "the fault is between this client and the API server, not in the tunnel"),
			Fixes: []check.Fix{
				{Title: "compare this machine's public address with the authorized ranges, and see whether the cluster is private", Commands: [][]string{
					ofCluster("show", "--query", "{fqdn:fqdn,privateFqdn:privateFqdn,access:apiServerAccessProfile,power:powerState.code}"),
				}, Placeholders: clusterPlaceholders()},
			},
		}}, nil
	},
}
