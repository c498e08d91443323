package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// ConnectionTablesHaveRoom finds nodes whose kernel drops new connections because its table of connections is full.
var ConnectionTablesHaveRoom = &check.Check{
	Code: "TUN0505",
	Name: "connection-tables-have-room",
	Hop:  hopFirewall,
	Doc: `the nodes' connection tracking tables have room

Where a node tracks as many connections as nf_conntrack_max permits, its kernel drops the first packet of each new one: to the kubelet, to
pods, and of probes. Old connections go on, so the node stays Ready. It is looked at on the agents' nodes.`,
	Sources: []string{
		"https://docs.kernel.org/networking/nf_conntrack-sysctl.html",
		"https://learn.microsoft.com/azure/aks/custom-node-configuration",
	},
	After: []*check.Check{APIServerAnswers},
	Needs: []check.Need{facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		reports, nodes, err := ownKubelets(p)
		if err != nil || reports == nil {
			return nil, err
		}
		var fs []check.Finding
		known := false
		for _, r := range reports {
			k := r.Report.Kubelet
			known = known || k.MaxTracked > 0
			if k.MaxTracked == 0 || k.Tracked < k.MaxTracked-k.MaxTracked/50 { // a full one loses some all the time
				continue
			}
			fs = append(fs, check.Finding{
				Severity: check.Error, Target: nodeRef(r.Node),
				Summary: fmt.Sprintf("node %s drops new connections: its connection tracking table is full (%d of %d)", r.Node, k.Tracked,
					k.MaxTracked),
				Cause: "something on the node opens connections faster than they expire, or the table is too small for its pods",
				Fixes: append(onNode(*nodes.Find(r.Node), "find who holds them, by source and destination",
					cmdline.Script("conntrack -L 2>/dev/null | awk '{for(i=1;i<=NF;i++) if ($i ~ /^src=/) {print $i, $(i+1); break}}' | "+
						"sort | uniq -c | sort -rn | head")),
					check.Fix{Title: "raise netNetfilterNfConntrackMax in the node pool's Linux OS configuration"}),
				Evidence: seenOn(r.Node, nil, cmdline.Program("sysctl", "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max")),
			})
		}
		if !known {
			p.Skip("no node reported its table")
		}
		return limited(fs, "node"), nil
	},
}
