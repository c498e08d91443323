package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// KubeletsFollowLogs finds nodes on which no further log can be followed.
var KubeletsFollowLogs = &check.Check{
	Code: "TUN0406",
	Name: "kubelets-follow-logs",
	Hop:  hopKubelet,
	Doc: `the kubelets have inotify instances left, by which they follow logs

kubectl logs -f fails with "too many open files" where root has as many inotify instances as fs.inotify.max_user_instances permits, and
everything else works. It is looked at on the agents' nodes.`,
	Sources: []string{
		"https://man7.org/linux/man-pages/man7/inotify.7.html", "https://learn.microsoft.com/azure/aks/custom-node-configuration",
	},
	After: []*check.Check{KubeletListens},
	Needs: []check.Need{facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		reports, nodes, err := ownKubelets(p)
		if err != nil || reports == nil {
			return nil, err
		}
		var fs []check.Finding
		known := false
		for _, r := range reports {
			k, n := r.Report.Kubelet, nodes.Find(r.Node)
			known = known || k.MaxWatches > 0
			if k.MaxWatches == 0 || k.Watches < k.MaxWatches {
				continue
			}
			limit := cmdline.Program("sysctl", "fs.inotify.max_user_instances")
			fs = append(fs, check.Finding{
				Severity: check.Error, Target: nodeRef(r.Node),
				Summary: fmt.Sprintf("no log can be followed (logs -f) on node %s: no inotify instance is left (%d of %d)", r.Node, k.Watches,
					k.MaxWatches),
				Cause: "the kubelet needs one for each log that is followed, and other programs of root's on the node use them all",
				Fixes: append(onNode(*n, "permit more, for now", cmdline.Program("sysctl", "-w", "fs.inotify.max_user_instances=8192")),
					check.Fix{Title: "set it on every node by a DaemonSet: the node configuration of AKS has no field for it"}),
				Evidence: seenOn(r.Node, nil, limit),
			})
		}
		if !known {
			p.Skip("no node reported its limit")
		}
		return limited(fs, "node"), nil
	},
}

// ownKubelets returns the reports that cover the kubelet of their own node, each of a node in nodes. It skips the check, and returns none,
// if nodes were not to be checked.
func ownKubelets(p *check.Pass) (reports []facts.NodeReport, nodes facts.NodeList, err error) {
	if nodes, err = facts.ClusterNodes.Get(p); err != nil {
		return nil, nodes, err
	}
	all, ok, err := agentReports(p)
	if !ok {
		return nil, nodes, err
	}
	for _, r := range all.Items {
		if r.Report.Kubelet != nil && nodes.Find(r.Node) != nil {
			reports = append(reports, r)
		}
	}
	return reports, nodes, nil
}
