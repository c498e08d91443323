package nodepod

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cmdline"
)

// noInstance stands where an az command cannot name the machine.
const noInstance = " (the node's providerID does not name its Azure virtual machine)"

// RunCommandLine returns the command line that runs argv on the node without the help of the cluster: for a Windows node an az command,
// in which PowerShell runs it.
func RunCommandLine(node *corev1.Node, argv ...string) string {
	i, ok := id.Parse(node.Spec.ProviderID, node.Name)
	switch {
	case !ok:
		return "az vmss run-command invoke" + noInstance
	case IsWindows(node):
		return i.RunPowerShellScript(strings.Join(argv, " ")).String()
	}
	return cmdline.Kubectl("aksnode", "run", node.Name, "--via", "azure", "--").With(argv...).String()
}

// RestartLine returns the az command line that restarts the node's machine.
func RestartLine(node *corev1.Node) string {
	i, ok := id.Parse(node.Spec.ProviderID, node.Name)
	if !ok {
		return "az vmss restart" + noInstance
	}
	return i.Restart().String()
}
