// Package aksnode is the plugin `kubectl aksnode`: to be on a node of an AKS cluster.
package aksnode

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Plugin is the plugin's description.
var Plugin = cli.Plugin{
	Name:  "aksnode",
	Short: "Get a shell and run commands on AKS nodes",
	Long: templates.LongDesc(`
		Be on a node of an AKS cluster: a root shell or a command in the node's own namespaces, without a public IP,
		an SSH key or an image pull.

		A privileged pod is made on the node for as long as a command of yours uses it, and is removed afterwards,
		also when this program is killed: then the pod ends by itself.`),
	Commands: func(a *cli.App) []*cobra.Command {
		return []*cobra.Command{listCommand(a), sshCommand(a), runCommand(a), proxyCommand(a), sshConfigCommand(a), forwardCommand(a), copyCommand(a), logsCommand(a), cleanupCommand(a)}
	},
}
