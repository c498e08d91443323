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
		Find out why logs, exec, port-forward, top, webhooks or aggregated APIs fail or time out while kubectl get works.
		tunneldoctor tries logs, exec and port-forward first. Then it checks the path: the tunnel agents, their connections to
		the API server and to the nodes' kubelets, and the nodes' own firewalls. The report names the cause.

		Nodes are checked without the tunnel: short-lived privileged pods return the results in their termination messages.
		These and the test pods run in the current namespace, are announced on stderr, and are removed at the end. --no-create
		creates no pods. In one kube-system pod a node, exec requests a program that does not exist, so nothing is run there.

		Exit codes: 0 healthy; 3 findings at or above --fail-on; 2 the verdict is unknown; 1 wrong usage or another failure.`),
	Example: templates.Examples(`
		# Why do logs and exec time out?
		kubectl tunneldoctor

		# Also check whether nodes reach the servers outside the cluster that AKS requires
		kubectl tunneldoctor --egress

		# As test results for a pipeline; -o sarif is for code scanning
		kubectl tunneldoctor -o junit

		# Create no pods
		kubectl tunneldoctor --no-create

		# What does this error mean? No cluster is needed
		kubectl tunneldoctor explain "error dialing backend: dial tcp 10.224.0.5:10250: i/o timeout"

		# Print a pod's log while kubectl logs does not work
		kubectl tunneldoctor logs pod/web-0 -n shop

		# Write the report as one page for a browser; with --open, show it
		kubectl tunneldoctor -o html > report.html

		# Save everything collected, and evaluate it elsewhere without a cluster
		kubectl tunneldoctor --save tunnel.bundle
		kubectl tunneldoctor --from tunnel.bundle`),
	Root: func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
	Commands: func(a *cli.App) []*cobra.Command {
		return []*cobra.Command{explainCommand(a), logsCommand(a)}
	},
}
