// Package tunneldoctor is the plugin `kubectl tunneldoctor`: why logs, exec, port-forward, top and webhooks fail.
package tunneldoctor

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Name is the plugin's.
const Name = "tunneldoctor"

// Plugin is the plugin's description.
var Plugin = cli.Plugin{
	Name:  Name,
	Short: "Find out why logs, exec, port-forward or top time out",
	Long: templates.LongDesc(`
		Find out why logs, exec, port-forward, top, webhooks or aggregated APIs fail or time out while get works: try them,
		look at the agents of the tunnel between the API server and the nodes, at their way to the API server and to each
		node's kubelet, and at the nodes' own packet filters, and name the cause.

		What nodes show comes back by the termination messages of short-lived privileged pods, so it needs no tunnel. These
		pods, and test pods in the current namespace, are said, and removed at the end; --no-create makes none.

		Exit codes: 0 healthy; 3 there are findings at or above --fail-on; 2 it could not be decided; 1 this program failed
		or was misused.`),
	Example: templates.Examples(`
		# Why do logs and exec time out?
		kubectl tunneldoctor

		# Do nodes also reach what AKS needs outside the cluster?
		kubectl tunneldoctor --egress

		# Without making anything in the cluster
		kubectl tunneldoctor --no-create

		# What does this error mean? Needs no cluster
		kubectl tunneldoctor explain "error dialing backend: dial tcp 10.224.0.5:10250: i/o timeout"

		# The log of a pod while kubectl logs does not work
		kubectl tunneldoctor logs pod/web-0 -n shop

		# Keep what was found out, and judge it elsewhere with no cluster
		kubectl tunneldoctor --save tunnel.bundle
		kubectl tunneldoctor --from tunnel.bundle`),
	Root: func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
	Commands: func(a *cli.App) []*cobra.Command {
		return []*cobra.Command{explainCommand(a), logsCommand(a)}
	},
}
