package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// manyStarts is how often a kubelet starts within facts.StartsWithin if something restarts it again and again: an upgrade of the node's
// configuration restarts it once or twice.
const manyStarts = 4

// stable is how long a kubelet has run that is probably not restarted any more.
const stable = 3 * time.Minute

// KubeletsKeepRunning finds kubelets that are restarted again and again.
var KubeletsKeepRunning = &check.Check{
	Code: "TUN0408",
	Name: "kubelets-keep-running",
	Hop:  hopKubelet,
	Doc: `the kubelets keep running

A kubelet that restarts every few seconds stays Ready, as its lease is renewed often enough. Meanwhile connections to it are refused, and
sessions of exec end. Each start is an event of the node, of which the last ten minutes count. They are read for nodes on which something
failed; without the permission to list events in the namespace default, the check is skipped.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/", "https://github.com/kubernetes/kubernetes/issues/108640"},
	Needs:   []check.Need{facts.RecentKubeletStarts, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		starts, err := facts.RecentKubeletStarts.Get(p)
		if err != nil && (facts.IsNotHeld(err) || len(check.Lacks(err)) > 0) {
			p.Skip("the nodes' events were not read: %v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if len(starts) == 0 {
			p.Skip("nothing failed on a node")
			return nil, nil
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, s := range starts {
			n := nodes.Find(s.Node)
			if s.Times < manyStarts || n == nil {
				continue
			}
			severity := check.Error
			if s.At.Sub(s.Last) > stable {
				severity = check.Warning
			}
			fs = append(fs, check.Finding{
				Severity: severity, Target: nodeRef(s.Node),
				Summary: fmt.Sprintf("the kubelet of node %s was started %d times in %.0f minutes, at last at %s UTC", s.Node, s.Times,
					facts.StartsWithin.Minutes(), s.Last.Format(time.TimeOnly)),
				Cause: "something on the node restarts it, such as a watchdog or a health monitor, or it exits; as it starts, connections to it are " +
					"refused, and sessions end",
				Fixes: onNode(*n, "see why it restarts", cmdline.Program("journalctl", "-u", "kubelet", "-n", "50", "--no-pager"),
					cmdline.Program("systemctl", "show", "kubelet", "-p", "NRestarts,Result,ExecMainStatus")),
			})
		}
		return limited(fs, "node"), nil
	},
}
