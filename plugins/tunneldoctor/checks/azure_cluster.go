package checks

import (
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// azureCluster returns the cluster as Azure has it, and how its API server fails. If the API server answers or Azure was not read, it
// skips the check, and Off says why.
func azureCluster(p *check.Pass) (info facts.AzureCluster, api facts.API, err error) {
	if api, err = facts.APIServer.Get(p); err != nil {
		return info, api, err
	}
	if api.Error == "" {
		p.Skip("the API server answers")
		return facts.AzureCluster{Off: "nothing to explain"}, api, nil
	}
	info, err = facts.AzureClusterState.Get(p)
	if facts.IsNotHeld(err) {
		info, err = facts.AzureCluster{Off: "the bundle holds nothing of Azure"}, nil
	}
	if err == nil && info.Off != "" {
		p.Skip("%s", info.Off)
	}
	return info, api, err
}

// clusterFinding returns a finding about the cluster, which az aks show shows.
func clusterFinding(info facts.AzureCluster, summary, cause string, fixes ...check.Fix) []check.Finding {
	return []check.Finding{{
		Severity: check.Error, Target: check.Ref{Kind: "cluster", Name: topology.NameOf(info.Cluster.ID)},
		Summary: summary, Cause: cause, Fixes: fixes,
	}}
}

// aks returns a fix by az aks VERB on the cluster.
func aks(title string, info facts.AzureCluster, verb string, args ...string) check.Fix {
	return topology.FixBy(title, id.AKS(info.Cluster.ID, verb, args...))
}

// failedOperations returns the command that shows why operations on the cluster failed; none if its ID is not valid.
func failedOperations(info facts.AzureCluster) cmdline.Command {
	if id.AKS(info.Cluster.ID, "show").IsZero() {
		return cmdline.Command{}
	}
	return cmdline.Az("monitor", "activity-log", "list", "--resource-id", info.Cluster.ID, "--status", "Failed", "--offset", "7d")
}
