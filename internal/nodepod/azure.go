package nodepod

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/azure/id"
)

// noInstance stands where an az command cannot name the machine.
const noInstance = " (the node's providerID does not name its Azure virtual machine)"

// RunCommandLine returns the az command line that runs the script in the node's own shell without the help of the cluster.
func RunCommandLine(node *corev1.Node, script string) string {
	i, ok := id.Parse(node.Spec.ProviderID, node.Name)
	switch {
	case !ok:
		return "az vmss run-command invoke" + noInstance
	case IsWindows(node):
		return i.RunPowerShellScript(script).String()
	}
	return i.RunShellScript(script).String()
}

// RestartLine returns the az command line that restarts the node's machine.
func RestartLine(node *corev1.Node) string {
	i, ok := id.Parse(node.Spec.ProviderID, node.Name)
	if !ok {
		return "az vmss restart" + noInstance
	}
	return i.Restart().String()
}
