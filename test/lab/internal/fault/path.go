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

// pathFaults are faults between the machines, which cannot be seen on a node.
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
			Doc:    "an appliance resets connections to the API server that offer the ALPN protocol konnectivity; all others pass",
			Inject: insert(appliance.Block),
			Clear:  remove,
			Breaks: Tunnel,
		},
		{
			Name:   "tls-intercepted",
			Doc:    "an appliance terminates the agents' TLS to the API server with a certificate from Contoso Inspection CA, without ALPN",
			Inject: insert(appliance.Inspect),
			Clear:  remove,
			Breaks: Tunnel,
		},
		{
			Name: "egress-dropped",
			Doc:  "packets from pods, and thus from the agents, to the API server are lost; the kubelets' are not",
			Inject: inOrder(drop("egress-dropped",
				from(nodes...)+"ip saddr "+layout.ClusterCIDR+" ip daddr "+layout.ControlPlaneIP+" tcp dport 443 drop"), cutPods(nodes...)),
			Clear:  restore("egress-dropped"),
			Breaks: Tunnel,
		},
		{
			Name:   "dns-broken",
			Doc:    "node " + last().Name + " gets no answer from its DNS server; its agents' connections are cut, its kubelet's is not",
			Inject: inOrder(drop("dns-broken", dns(last())...), cutPods(last())),
			Clear:  restore("dns-broken"),
			Breaks: Tunnel,
		},
		{
			Name:   "dns-broken-everywhere",
			Doc:    "the same on all nodes",
			Inject: inOrder(drop("dns-broken-everywhere", dns(nodes...)...), cutPods(nodes...)),
			Clear:  restore("dns-broken-everywhere"),
			Breaks: Tunnel,
		},
		{
			Name: "mtu-small",
			Doc:  "IP packets of more than 1000 bytes between the two nodes are lost silently; smaller ones pass",
			Inject: drop("mtu-small",
				betweenNodes(nodes[0], nodes[1])+" ip length > 1000 drop", betweenNodes(nodes[1], nodes[0])+" ip length > 1000 drop"),
			Clear:  restore("mtu-small"),
			Breaks: Kubelet,
		},
	}
}

// betweenNodes matches packets from one node to the other, or to the other's pods.
func betweenNodes(from, to layout.Node) string {
	return fmt.Sprintf("iifname %s ip daddr { %s, %s }", network.Port(from.NetNS), to.IP, to.PodCIDR)
}

// drop returns a step that adds the rules to the switch, in a table of that name.
func drop(table string, rules ...string) step {
	return func(ctx context.Context, _ Runner) error { return network.Filter(ctx, table, rules...) }
}

// restore returns the step that removes the rules of drop.
func restore(table string) step {
	return func(ctx context.Context, _ Runner) error { return network.Unfilter(ctx, table) }
}

// insert puts the appliance into the path and cuts the connections that bypass it.
func insert(mode appliance.Mode) step {
	var ends []string
	for _, n := range layout.Nodes() {
		ends = append(ends, n.IP, n.PodCIDR)
	}
	return inOrder(func(ctx context.Context, _ Runner) error { return appliance.Insert(ctx, mode) }, cut(ends...))
}

func remove(ctx context.Context, _ Runner) error { return appliance.Remove(ctx) }

// cutPods returns a step that resets the connections of the nodes' pods to the API server's port.
func cutPods(nodes ...layout.Node) step {
	var ranges []string
	for _, n := range nodes {
		ranges = append(ranges, n.PodCIDR)
	}
	return cut(ranges...)
}

// cut returns a step that resets, on the control plane's side, the connections to its port 443 from the addresses or
// ranges.
func cut(from ...string) step {
	filter := "src " + layout.ControlPlaneIP + ":443 and ( dst " + strings.Join(from, " or dst ") + " )"
	return func(ctx context.Context, _ Runner) error {
		return process.Run(
			ctx, layout.ControlPlane,
			append([]string{"ss", "-K", "-t", "-n", "state", "established"}, strings.Fields(filter)...)...,
		)
	}
}
