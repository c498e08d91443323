package checks

import (
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// NodesHaveOwnAddresses finds Node objects without an address, or with that of another node.
var NodesHaveOwnAddresses = &check.Check{
	Code: "TUN0405",
	Name: "nodes-have-own-addresses",
	Hop:  hopNodes,
	Doc: `each node has an InternalIP of its own

The API server connects to the address in the Node object. Of two nodes with one address, one is most often a leftover: requests for its
pods reach the other node's kubelet, which answers that it does not know them.`,
	Sources: []string{"https://kubernetes.io/docs/reference/node/node-status/#addresses"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		first := map[netip.Addr]string{}
		for _, n := range nodes.Items {
			switch other := first[n.IP]; {
			case n.Simulated || n.Leaving, !n.IP.IsValid() && nodes.NewOrLeaving(n):
			case !n.IP.IsValid():
				fs = append(fs, check.Finding{
					Severity: check.Error, Target: nodeRef(n.Name),
					Summary: fmt.Sprintf("node %s has no InternalIP, so the API server cannot connect to its kubelet", n.Name),
					Cause:   "the cloud controller has not set the node's addresses, or removed them",
					Fixes:   []check.Fix{fix("show the node's addresses and conditions", cmdline.Kubectl("describe", "node", n.Name))},
				})
			case other != "":
				f := check.Finding{
					Severity: check.Error,
					Summary:  fmt.Sprintf("two nodes have the same address %s: %s and %s", n.IP, other, n.Name),
					Cause:    "one of the Node objects is a leftover, or was made by hand: requests for its pods reach the other node's kubelet",
					Fixes: []check.Fix{{
						Title: "delete the Node object whose machine does not exist any more", Disruptive: true,
						Commands: []cmdline.Command{cmdline.Kubectl("get", "nodes", "-o", "wide"), cmdline.Kubectl("delete", "node", n.Name)},
					}},
				}
				f.Target, f.Also = nodeRef(n.Name), []check.Ref{nodeRef(other)}
				fs = append(fs, f)
			default:
				first[n.IP] = n.Name
			}
		}
		return limited(fs, "node"), nil
	},
}
