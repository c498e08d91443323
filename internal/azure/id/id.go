// Package id finds the Azure resource behind a Kubernetes node and builds az commands for it. It is pure: it calls neither Azure nor
// Kubernetes.
package id

import (
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// Instance is the virtual machine that a node runs on.
type Instance struct {
	ResourceGroup string `json:"resourceGroup,omitempty"`
	ScaleSet      string `json:"scaleSet,omitempty"` // empty for a standalone virtual machine
	ID            string `json:"id"`                 // the instance ID in the scale set, or the virtual machine's name
}

// Parse reads a node's spec.providerID, which the cloud provider sets (https://github.com/kubernetes-sigs/cloud-provider-azure).
// ok is false if it is not the ID of an Azure virtual machine.
func Parse(providerID string) (i Instance, ok bool) {
	id, ok := strings.CutPrefix(providerID, "azure://")
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

// String returns SCALESET/ID, or the name of a standalone virtual machine.
func (i Instance) String() string {
	if i.ScaleSet == "" {
		return i.ID
	}
	return i.ScaleSet + "/" + i.ID
}

// Restart returns the az command that restarts the machine, or none for the zero Instance.
func (i Instance) Restart() cmdline.Command {
	switch {
	case i.ID == "":
		return cmdline.Command{}
	case i.ScaleSet == "":
		return cmdline.Az("vm", "restart", "-g", i.ResourceGroup, "-n", i.ID)
	}
	return cmdline.Az("vmss", "restart", "-g", i.ResourceGroup, "-n", i.ScaleSet, "--instance-ids", i.ID)
}

// RunShellScript returns the az command that runs the script on a Linux machine without the help of the cluster
// (https://learn.microsoft.com/azure/virtual-machines/linux/run-command), or none for the zero Instance.
func (i Instance) RunShellScript(script string) cmdline.Command {
	return i.runCommand("RunShellScript", script)
}

// RunPowerShellScript is RunShellScript for a Windows machine
// (https://learn.microsoft.com/azure/virtual-machines/windows/run-command).
func (i Instance) RunPowerShellScript(script string) cmdline.Command {
	return i.runCommand("RunPowerShellScript", script)
}

func (i Instance) runCommand(command, script string) cmdline.Command {
	invoke := cmdline.Az("vmss", "run-command", "invoke", "-g", i.ResourceGroup, "-n", i.ScaleSet, "--instance-id", i.ID)
	switch {
	case i.ID == "":
		return cmdline.Command{}
	case i.ScaleSet == "":
		invoke = cmdline.Az("vm", "run-command", "invoke", "-g", i.ResourceGroup, "-n", i.ID)
	}
	return invoke.With("--command-id", command, "--scripts", script)
}
