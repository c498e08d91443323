package fault

import (
	"context"
	"fmt"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/appliance"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// pathFaults are on the way between machines: none of them can be seen on a node.
func pathFaults() []Fault {
	nodes := layout.Nodes()
	from := func(nodes ...layout.Node) string {
		var ports []string
		for _, n := range nodes {
			ports = append(ports, network.Port(n.NetNS))
		}
		return "iifname { " + strings.Join(ports, ", ") + " } "
	}
	dns := func(nodes ...layout.Node) []string {
		return []string{
			from(nodes...) + "ip daddr " + layout.AzureIP + " udp dport 53 drop",
			from(nodes...) + "ip daddr " + layout.AzureIP + " tcp dport 53 drop",
		}
	}
	return []Fault{
		{
			Name:   "alpn-blocked",
			Doc:    "an appliance resets connections to the API server that offer the protocol konnectivity and lets all others pass",
			Inject: insert(appliance.Block),
			Clear:  remove,
			Breaks: Tunnel,
		},
		{
			Name:   "tls-intercepted",
			Doc:    "an appliance ends the agents' TLS to the API server with a certificate of the Contoso Inspection CA, without ALPN",
			Inject: insert(appliance.Inspect),
			Clear:  remove,
			Breaks: Tunnel,
		},
		{
			Name: "egress-dropped",
			Doc:  "packets from pod addresses, and so from the agents, to the API server get lost; kubelets go on",
			Inject: inOrder(lose("egress-dropped",
				from(nodes...)+"ip saddr "+layout.ClusterCIDR+" ip daddr "+layout.ControlPlaneIP+" tcp dport 443 drop"), cutPods(nodes...)),
			Clear:  restore("egress-dropped"),
			Breaks: Tunnel,
		},
		{
			Name:   "dns-broken",
			Doc:    "node " + last().Name + " gets no answer from its DNS server; its kubelet's connection stays, its agents' is cut",
			Inject: inOrder(lose("dns-broken", dns(last())...), cutPods(last())),
			Clear:  restore("dns-broken"),
			Breaks: Tunnel,
		},
		{
			Name:   "dns-broken-everywhere",
			Doc:    "the same on all nodes",
			Inject: inOrder(lose("dns-broken-everywhere", dns(nodes...)...), cutPods(nodes...)),
			Clear:  restore("dns-broken-everywhere"),
			Breaks: Tunnel,
		},
		{
			Name: "mtu-small",
			Doc:  "IP packets of more than 1000 bytes get lost between the two nodes, without a word; small ones pass",
			Inject: lose("mtu-small",
				betweenNodes(nodes[0], nodes[1])+" ip length > 1000 drop", betweenNodes(nodes[1], nodes[0])+" ip length > 1000 drop"),
			Clear:  restore("mtu-small"),
			Breaks: Kubelet,
		},
	}
}

// betweenNodes matches what leaves the one node for the other, or for a pod of it.
func betweenNodes(from, to layout.Node) string {
	return fmt.Sprintf("iifname %s ip daddr { %s, %s }", network.Port(from.NetNS), to.IP, to.PodCIDR)
}

// lose returns a step by which the switch has the rules, in a table of that name.
func lose(table string, rules ...string) step {
	return func(ctx context.Context, _ Runner) error { return network.Filter(ctx, table, rules...) }
}

// restore returns the step that takes back lose.
func restore(table string) step {
	return func(ctx context.Context, _ Runner) error { return network.Unfilter(ctx, table) }
}

// insert puts the appliance into the path; what passed without it is cut.
func insert(mode appliance.Mode) step {
	var ends []string
	for _, n := range layout.Nodes() {
		ends = append(ends, n.IP, n.PodCIDR)
	}
	return inOrder(func(ctx context.Context, _ Runner) error { return appliance.Insert(ctx, mode) }, cut(ends...))
}

func remove(ctx context.Context, _ Runner) error { return appliance.Remove(ctx) }

// cutPods returns a step that resets the connections that pods of the nodes have to the API server's port.
func cutPods(nodes ...layout.Node) step {
	var ranges []string
	for _, n := range nodes {
		ranges = append(ranges, n.PodCIDR)
	}
	return cut(ranges...)
}

// cut returns a step that resets, from the control plane's side, the connections to its port 443 from addresses or ranges.
func cut(from ...string) step {
	filter := "src " + layout.ControlPlaneIP + ":443 and ( dst " + strings.Join(from, " or dst ") + " )"
	return func(ctx context.Context, _ Runner) error {
		return process.Run(ctx, layout.ControlPlane, append([]string{"ss", "-K", "-t", "-n", "state", "established"}, strings.Fields(filter)...)...)
	}
}
