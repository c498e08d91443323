package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// APIServerAnswers finds failures that are not the tunnel's.
var APIServerAnswers = &check.Check{
	Code: "TUN0101",
	Name: "api-server-answers",
	Hop:  hopAPI,
	Doc: `the API server answers this client

If it does not, get and list fail too, and nothing can be said about the tunnel. Look between this machine and the API server:
authorized IP ranges, a private cluster, DNS, a proxy.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tcp-timeouts-kubetctl-third-party-tools-connect-api-server",
	},
	Needs: []check.Need{facts.APIServer},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		api, err := facts.APIServer.Get(p)
		if err != nil || api.Error == "" {
			return nil, err
		}
		return []check.Finding{{
			Severity: check.Error,
			Target:   check.Ref{Kind: "cluster", Name: api.Server},
			Summary:  fmt.Sprintf("API server %s does not answer this client: %s", api.Server, api.Error),
			Cause: firstNonEmpty(errtext.Explain("Unable to connect to the server: "+api.Error).Meaning,
				"the fault is in this client, the API server or the network between them"),
			Fixes: []check.Fix{{
				Title: "check the authorized IP ranges, and whether the cluster is private or stopped",
				Commands: []cmdline.Command{
					ofCluster("show", "--query", "{fqdn:fqdn,privateFqdn:privateFqdn,access:apiServerAccessProfile,power:powerState.code}"),
				},
				Placeholders: clusterPlaceholders(),
			}},
		}}, nil
	},
}
