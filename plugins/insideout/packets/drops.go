package packets

import (
	"strings"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// droppedBy says what can drop packets between the two places.
func (g *group) droppedBy() string {
	near, far := g.stages()
	switch {
	case near == trace.Client && far == trace.ClientNode:
		return "the client's node drops them: an egress NetworkPolicy, or a firewall of the node"
	case near == trace.ClientNode && far == trace.ServerNode:
		return "the network between the nodes drops them: a network security group, a route table or a virtual appliance"
	case near == trace.ServerNode && far == trace.Server:
		return "the pod's node drops them: an ingress NetworkPolicy, or a firewall of the node"
	case g.Places[g.Near].Node != "" && g.Far >= 0 && g.Places[g.Near].Node == g.Places[g.Far].Node:
		return "the node on which both run drops them: a NetworkPolicy, or a firewall of the node"
	case g.Places[g.Near].Node == "":
		return "a load balancer, a network security group, a NetworkPolicy or a node's firewall drops them"
	}
	return "a NetworkPolicy, a node's firewall or the network between the nodes drops them"
}

// narrow are the fixes for packets that are dropped between two places.
func (g *group) narrow() []check.Fix {
	var fixes []check.Fix
	near, far := g.stages()
	if near == trace.Client && far == trace.Server && g.Places[g.Near].Node != "" {
		fixes = append(fixes, check.Fix{
			Title: "capture at the nodes too, to find out which one drops them", Commands: []cmdline.Command{g.command("--nodes")},
		})
	}
	if near == trace.ClientNode && far == trace.ServerNode {
		return append(fixes, check.Fix{Title: "check the network security groups and route tables of the nodes' subnets"})
	}
	policies := check.Fix{Title: "check the NetworkPolicies of both ends"}
	if strings.HasPrefix(g.Target, "service/") {
		command := cmdline.Kubectl("insideout", g.Target, "-n", g.Namespace)
		if client := g.Places[g.connections[0].Seen[0].Place]; client.Stage == trace.Client && client.Pod != "" && !client.Temporary {
			command = command.With("--client", client.Pod)
		}
		policies.Commands = []cmdline.Command{command}
	}
	return append(fixes, policies)
}

// command returns the command that captures again, with the flags.
func (g *group) command(flags ...string) cmdline.Command {
	return cmdline.Kubectl("insideout", "capture", g.Target, "-n", g.Namespace).With(flags...)
}

// readLog is the fix for what an app does.
func (g *group) readLog() check.Fix {
	f := check.Fix{Title: "read the log of the app"}
	if namespace, name, ok := strings.Cut(g.Places[g.Near].Pod, "/"); ok {
		f.Commands = []cmdline.Command{cmdline.Kubectl("logs", name, "-n", namespace, "--tail=50")}
	}
	return f
}
