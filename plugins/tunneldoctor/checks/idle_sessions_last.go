package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// idleEnough is how long sessions should last without traffic. containerd's default is 4 hours.
const idleEnough = 15 * time.Minute

// IdleSessionsLast finds nodes that end sessions on which nothing is sent.
var IdleSessionsLast = &check.Check{
	Code: "TUN0407",
	Name: "idle-sessions-last",
	Hop:  hopKubelet,
	Doc: `sessions of exec, attach and port-forward last while nothing is sent

containerd ends them after stream_idle_timeout, 4 hours by default. With a shorter one, sessions end while nobody types, always after the
same time, and short commands work. It is looked at on the agents' nodes.`,
	Sources: []string{"https://github.com/containerd/containerd/blob/main/docs/cri/config.md"},
	After:   []*check.Check{KubeletListens},
	Needs:   []check.Need{facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		reports, _, err := ownKubelets(p)
		if err != nil || reports == nil {
			return nil, err
		}
		var fs []check.Finding
		known := false
		for _, r := range reports {
			idle := time.Duration(r.Report.Kubelet.StreamIdle) * time.Second
			known = known || idle > 0
			if idle == 0 || idle >= idleEnough {
				continue
			}
			fs = append(fs, check.Finding{
				Severity: check.Warning, Target: nodeRef(r.Node),
				Summary: fmt.Sprintf("exec, attach and port-forward sessions end on node %s when idle for %s", r.Node, idle),
				Cause:   "containerd's stream_idle_timeout is set to that; the default is 4 hours",
				Fixes: []check.Fix{{
					Title:      "remove stream_idle_timeout from /etc/containerd/config.toml, in whatever set it, and restart containerd",
					Disruptive: true,
					Commands: []cmdline.Command{
						cmdline.Kubectl("aksnode", "run", r.Node, "--", "grep", "-n", "stream_idle_timeout", "/etc/containerd/config.toml"),
					},
				}},
				Evidence: seenOn(r.Node, nil, cmdline.Program("containerd", "config", "dump")),
			})
		}
		if !known {
			p.Skip("no node reported it")
		}
		return limited(fs, "node"), nil
	},
}
