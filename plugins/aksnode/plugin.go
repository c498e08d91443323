// Package aksnode is the plugin `kubectl aksnode`: access to the nodes of an AKS cluster.
package aksnode

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Plugin describes the plugin.
var Plugin = cli.Plugin{
	Name:  "aksnode",
	Short: "Get a shell and run commands on AKS nodes",
	Long: templates.LongDesc(`
		Open shells, run commands, copy files, read logs and forward ports on the nodes of an AKS cluster: as root in the
		node's own namespaces, without a public IP, an SSH key or an image pull.

		A privileged pod runs on the node while one of your commands uses it, and is removed afterwards. If kubectl-aksnode
		is killed, the pod exits by itself.`),
	Commands: func(a *cli.App) []*cobra.Command {
		return []*cobra.Command{
			listCommand(a), sshCommand(a), runCommand(a), proxyCommand(a), sshConfigCommand(a), forwardCommand(a), copyCommand(a),
			logsCommand(a), cleanupCommand(a),
		}
	},
}
