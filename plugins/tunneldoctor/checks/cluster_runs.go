package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// ClusterRuns finds a cluster that is stopped, or in an operation without an API server.
var ClusterRuns = &check.Check{
	Code: "TUN0102",
	Name: "cluster-runs",
	Hop:  hopAPI,
	Doc: `the cluster is running in Azure

If the API server does not answer, tunneldoctor looks for the cluster by its API server's name in the subscriptions that you are
signed in to. A stopped cluster has no API server, and its name may not exist.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/start-stop-cluster",
		"https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
	},
	Explains: true,
	Needs:    []check.Need{facts.APIServer, facts.AzureClusterState},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		info, _, err := azureCluster(p)
		if err != nil || info.Off != "" {
			return nil, err
		}
		name := topology.NameOf(info.Cluster.ID)
		start := aks("start the cluster", info, "start")
		switch state := strings.ToLower(info.Cluster.State); {
		case state == "creating" || state == "starting":
			return clusterFinding(info, fmt.Sprintf("cluster %s has no API server yet: its state in Azure is %s", name, info.Cluster.State),
				"the API server answers when the operation has ended", aks("see its state", info, "show", "--query", "provisioningState")), nil
		case state == "deleting":
			return clusterFinding(info, fmt.Sprintf("cluster %s is being deleted", name), "somebody deleted it in Azure"), nil
		case state == "stopping":
			return clusterFinding(info, fmt.Sprintf("cluster %s is being stopped", name),
				"it has no API server until it is started again", start), nil
		case info.Cluster.Stopped():
			return clusterFinding(info, fmt.Sprintf("cluster %s is stopped in Azure", name),
				"a stopped cluster has neither an API server nor nodes", start), nil
		case state == "failed":
			fs := clusterFinding(info, fmt.Sprintf("the last operation on cluster %s failed", name),
				"the failed operation may be why the API server does not answer; Azure's activity log has its error",
				topology.FixBy("see why it failed", failedOperations(info)), aks("then reconcile the cluster", info, "update"))
			fs[0].Severity = check.Warning
			return fs, nil
		}
		return nil, nil
	},
}
