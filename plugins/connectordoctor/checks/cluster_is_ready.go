package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// ClusterIsReady finds a cluster on which Azure refuses operations.
var ClusterIsReady = &check.Check{
	Code:     "CON0602",
	Name:     "cluster-is-ready",
	Hop:      hopAzure,
	Explains: true,
	Doc: `the cluster's last operation in Azure succeeded, so that connections can be created

While a cluster is updated, and after an update failed, operations of its extensions end with "Conflict".`,
	Sources: []string{
		docTrouble,
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/cluster-node-virtual-machine-failed-state",
	},
	Needs: ofAzure(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := inAzure(p)
		if !ok {
			return nil, err
		}
		c := l.cluster
		if c.State == "" || strings.EqualFold(c.State, "Succeeded") {
			return nil, nil
		}
		f := check.Finding{Severity: note(p), Target: clusterRef(c)}
		if len(l.here) > 0 && l.here[0].Succeeded() {
			f.Severity = check.Info // whatever is missing, the operation on the connection succeeded
		}
		f.Summary = fmt.Sprintf("cluster %s is %s in Azure: connections can be created and changed afterwards", c.Name(), c.State)
		f.Cause = "an operation on the cluster is in progress"
		f.Fixes = []check.Fix{fix("wait until its state is Succeeded, then repeat the operation on the connection", id.AKS(c.ID, "show"))}
		if strings.EqualFold(c.State, "Failed") || strings.EqualFold(c.State, "Canceled") {
			f.Summary = fmt.Sprintf("cluster %s is %s in Azure: connections cannot be created or changed", c.Name(), c.State)
			f.Cause = "the last operation on the cluster did not succeed"
			f.Fixes = []check.Fix{
				fix("reconcile the cluster, then repeat the operation on the connection", id.AKS(c.ID, "update")),
				fix("see what failed", cmdline.Az("monitor", "activity-log", "list", "--resource-id", c.ID, "--status", "Failed", "--offset", "7d")),
			}
		}
		return []check.Finding{f}, nil
	},
}
