package nodepod

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/report"
)

// Instance is the Azure resource that a node is.
type Instance struct {
	ResourceGroup string `json:"resourceGroup,omitempty"`
	ScaleSet      string `json:"scaleSet,omitempty"` // empty for a virtual machine of its own
	ID            string `json:"id"`                 // the instance ID in the scale set, or the machine's name
}

// InstanceOf reads spec.providerID, which the cloud provider sets on each node
// (https://github.com/kubernetes-sigs/cloud-provider-azure); ok is false where it is not Azure's.
func InstanceOf(node *corev1.Node) (i Instance, ok bool) {
	id, ok := strings.CutPrefix(node.Spec.ProviderID, "azure://")
	if !ok {
		return i, false
	}
	parts := strings.Split(strings.Trim(id, "/"), "/")
	for k := 0; k+1 < len(parts); k += 2 {
		switch strings.ToLower(parts[k]) {
		case "resourcegroups":
			i.ResourceGroup = parts[k+1]
		case "virtualmachinescalesets":
			i.ScaleSet = parts[k+1]
		case "virtualmachines":
			i.ID = parts[k+1]
		case "providers": // providers/Microsoft.Compute, then kind/name pairs again
		}
	}
	return i, i.ResourceGroup != "" && i.ID != ""
}

// String names the instance as "scale set/ID" or by the machine's name.
func (i Instance) String() string {
	if i.ScaleSet == "" {
		return i.ID
	}
	return i.ScaleSet + "/" + i.ID
}

// RunCommandLine is the az command that runs the script, of the node's own shell, without the cluster's help.
func RunCommandLine(node *corev1.Node, script string) string {
	i, ok := InstanceOf(node)
	switch {
	case !ok:
		return "az vmss run-command invoke (this node's providerID names no Azure instance)"
	case IsWindows(node):
		return report.Quote(i.RunPowerShellScript(script))
	}
	return report.Quote(i.RunShellScript(script))
}

// RestartLine is the az command that restarts the node's machine.
func RestartLine(node *corev1.Node) string {
	i, ok := InstanceOf(node)
	if !ok {
		return "az vmss restart (this node's providerID names no Azure instance)"
	}
	if i.ScaleSet == "" {
		return fmt.Sprintf("az vm restart -g %s -n %s", i.ResourceGroup, i.ID)
	}
	return fmt.Sprintf("az vmss restart -g %s -n %s --instance-ids %s", i.ResourceGroup, i.ScaleSet, i.ID)
}

// RunShellScript is the argv of the az command that runs the script on the Linux node without the cluster's help
// (https://learn.microsoft.com/azure/virtual-machines/linux/run-command); nil where the node is no Azure machine.
func (i Instance) RunShellScript(script string) []string {
	return i.runCommand("RunShellScript", script)
}

// RunPowerShellScript is RunShellScript of a Windows node (https://learn.microsoft.com/azure/virtual-machines/windows/run-command).
func (i Instance) RunPowerShellScript(script string) []string {
	return i.runCommand("RunPowerShellScript", script)
}

func (i Instance) runCommand(id, script string) []string {
	switch {
	case i.ID == "":
		return nil
	case i.ScaleSet == "":
		return []string{"az", "vm", "run-command", "invoke", "-g", i.ResourceGroup, "-n", i.ID, "--command-id", id, "--scripts", script}
	}
	return []string{"az", "vmss", "run-command", "invoke", "-g", i.ResourceGroup, "-n", i.ScaleSet, "--instance-id", i.ID, "--command-id", id, "--scripts", script}
}
