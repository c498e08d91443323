// Package tunneldoctor is the plugin `kubectl tunneldoctor`, which finds out why logs, exec, port-forward, top and webhooks fail.
package tunneldoctor

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Name is the plugin's name.
const Name = "tunneldoctor"

// Plugin describes the plugin.
var Plugin = cli.Plugin{
	Name:  Name,
	Short: "Find out why logs, exec, port-forward or top time out",
	Long: templates.LongDesc(`
		Find out why logs, exec, port-forward, top, webhooks or aggregated APIs fail or time out while get works. The
		symptoms are tried first. Then the path is checked: the tunnel agents, their connections to the API server and to
		each node's kubelet, and the nodes' own firewalls. The report names the cause.

		Nodes are checked without the tunnel: short-lived privileged pods return the results in their termination messages.
		These pods, and test pods in the current namespace, are announced, and removed at the end. --no-create creates none.

		Exit codes: 0 healthy; 3 findings at or above --fail-on; 2 inconclusive; 1 this program failed or was misused.`),
	Example: templates.Examples(`
		# Why do logs and exec time out?
		kubectl tunneldoctor

		# Do nodes also reach the servers outside the cluster that AKS requires?
		kubectl tunneldoctor --egress

		# Create no pods
		kubectl tunneldoctor --no-create

		# What does this error mean? No cluster is needed
		kubectl tunneldoctor explain "error dialing backend: dial tcp 10.224.0.5:10250: i/o timeout"

		# Print a pod's log while kubectl logs does not work
		kubectl tunneldoctor logs pod/web-0 -n shop

		# Save what was collected, and evaluate it elsewhere without a cluster
		kubectl tunneldoctor --save tunnel.bundle
		kubectl tunneldoctor --from tunnel.bundle`),
	Root: func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
	Commands: func(a *cli.App) []*cobra.Command {
		return []*cobra.Command{explainCommand(a), logsCommand(a)}
	},
}
