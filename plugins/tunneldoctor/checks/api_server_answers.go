package checks

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
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
	After: []*check.Check{ClusterRuns, AuthorizedRangesAllowClient, PrivateClusterIsReached},
	Needs: []check.Need{facts.APIServer, facts.AzureClusterState},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		api, err := facts.APIServer.Get(p)
		if err != nil || api.Error == "" {
			return nil, err
		}
		const query = "{fqdn:fqdn,privateFqdn:privateFqdn,access:apiServerAccessProfile,power:powerState.code}"
		show := check.Fix{
			Title:        "check the authorized IP ranges, and whether the cluster is private or stopped",
			Commands:     []cmdline.Command{ofCluster("show", "--query", query)},
			Placeholders: clusterPlaceholders(),
		}
		cause := firstNonEmpty(errtext.Explain("Unable to connect to the server: "+api.Error).Meaning,
			"the fault is in this client, the API server or the network between them")
		info, err := facts.AzureClusterState.Get(p)
		switch {
		case facts.IsNotHeld(err):
		case err != nil:
			cause = fmt.Sprintf("%s The cluster's state in Azure is unknown: %v", sentence(cause), err)
		case info.Off == "":
			cause = sentence(cause) + " " + sentence(notInAzure(info, api))
			show = aks("look at the cluster in Azure", info, "show", "--query", query)
		}
		return []check.Finding{{
			Severity: check.Error,
			Target:   check.Ref{Kind: "cluster", Name: api.Server},
			Summary:  fmt.Sprintf("API server %s does not answer this client: %s", api.Server, api.Error),
			Cause:    cause, Fixes: []check.Fix{show},
		}}, nil
	},
}

// notInAzure says what is known not to be the cause, and what is not known.
func notInAzure(info facts.AzureCluster, api facts.API) string {
	text := fmt.Sprintf("In Azure, cluster %s is running", topology.NameOf(info.Cluster.ID))
	if !info.Cluster.Runs() {
		text = fmt.Sprintf("Azure does not say whether cluster %s is running", topology.NameOf(info.Cluster.ID))
	}
	switch ranges := info.Cluster.AuthorizedRanges; {
	case len(ranges) == 0:
		text += ", without authorized IP ranges"
	case !info.Client.IsValid() && api.TimedOut:
		text += fmt.Sprintf("; %s, and %s", noOthers(info.Cluster), info.ClientError)
	case info.Client.IsValid():
		contain := "do not contain"
		if allowed, _ := info.Cluster.Authorizes(netip.PrefixFrom(info.Client, info.Client.BitLen())); allowed {
			contain = "contain"
		}
		text += fmt.Sprintf(", and its authorized IP ranges %s %s", contain, info.Client)
	}
	return text
}

// sentence returns the text with a full stop.
func sentence(text string) string { return strings.TrimSuffix(text, ".") + "." }
