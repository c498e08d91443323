// Package id finds the Azure resource behind a Kubernetes node and builds az commands for it. It is pure: it calls neither Azure nor
// Kubernetes.
package id

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// Instance is the virtual machine that a node runs on. Its parts are valid names of Azure resources, which as arguments of az are
// neither options nor files.
type Instance struct {
	Subscription  string `json:"subscription,omitempty"` // empty in bundles of earlier versions
	ResourceGroup string `json:"resourceGroup,omitempty"`
	ScaleSet      string `json:"scaleSet,omitempty"` // empty for a standalone virtual machine
	ID            string `json:"id"`                 // the instance ID in the scale set, or the virtual machine's name
}

var (
	// machine is the resource ID of a virtual machine, as the cloud provider writes it.
	machine = regexp.MustCompile(`(?i)^azure:///subscriptions/([a-z0-9-]+)/resourceGroups/([^/]+)/providers/Microsoft\.Compute/` +
		`(?:virtualMachineScaleSets/([^/]+)/)?virtualMachines/([^/]+)$`)
	// resource allows what names of resource groups, scale sets and virtual machines may contain
	// (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules), but no hyphen at the beginning.
	resource = regexp.MustCompile(`^[A-Za-z0-9_.()][A-Za-z0-9_.()-]{0,89}$`)
	number   = regexp.MustCompile(`^(0|[1-9][0-9]{0,9})$`)
)

// Parse reads the spec.providerID of the node of that name, which the cloud provider or the kubelet sets
// (https://github.com/kubernetes-sigs/cloud-provider-azure). A kubelet can set any value, so the machine must be the one after which
// the node is named. ok is false, and the Instance zero, if providerID is not the ID of that Azure virtual machine.
func Parse(providerID, node string) (i Instance, ok bool) {
	parts := machine.FindStringSubmatch(providerID)
	if parts == nil {
		return Instance{}, false
	}
	i = Instance{Subscription: parts[1], ResourceGroup: parts[2], ScaleSet: parts[3], ID: parts[4]}
	if i.check() != nil || !strings.EqualFold(i.computerName(), node) {
		return Instance{}, false
	}
	return i, true
}

// UnmarshalJSON implements json.Unmarshaler. A part that no Azure resource can have is an error.
func (i *Instance) UnmarshalJSON(data []byte) error {
	type plain Instance
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	if err := Instance(p).check(); p != (plain{}) && err != nil {
		return err
	}
	*i = Instance(p)
	return nil
}

// check returns an error if a part is not valid.
func (i Instance) check() error {
	parts := []string{i.ResourceGroup, i.ID}
	if i.Subscription != "" {
		parts = append(parts, i.Subscription)
	}
	if i.ScaleSet != "" {
		parts = append(parts, i.ScaleSet)
	}
	for _, part := range parts {
		if !resource.MatchString(part) || strings.HasSuffix(part, ".") {
			return fmt.Errorf("%.300q is not a valid name of an Azure resource", part)
		}
	}
	if i.ScaleSet != "" && !number.MatchString(i.ID) {
		return fmt.Errorf("%.300q is not the ID of an instance in a scale set", i.ID)
	}
	return nil
}

// computerName returns the machine's host name, by which its node is called. In a scale set it ends in the instance ID in base 36, with
// at least six digits (https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-instance-ids).
func (i Instance) computerName() string {
	if i.ScaleSet == "" {
		return i.ID
	}
	n, _ := strconv.ParseInt(i.ID, 10, 64) // check has found it valid
	digits := strconv.FormatInt(n, 36)
	return i.ScaleSet + strings.Repeat("0", max(0, 6-len(digits))) + digits
}

// String returns SCALESET/ID, or the name of a standalone virtual machine.
func (i Instance) String() string {
	if i.ScaleSet == "" {
		return i.ID
	}
	return i.ScaleSet + "/" + i.ID
}

// Restart returns the az command that restarts the machine, or none for the zero Instance.
func (i Instance) Restart() cmdline.Command { return i.vm("restart", "--instance-ids") }

// Start returns the az command that starts the machine, or none for the zero Instance.
func (i Instance) Start() cmdline.Command { return i.vm("start", "--instance-ids") }

// InstanceView returns the az command that shows the machine's power state, or none for the zero Instance.
func (i Instance) InstanceView() cmdline.Command { return i.vm("get-instance-view", "--instance-id") }

// vm returns az vmss VERB for the machine, whose ID goes with the option, or az vm VERB outside of scale sets. The verb is one or more
// words.
func (i Instance) vm(verb, option string) cmdline.Command {
	if i.ID == "" {
		return cmdline.Command{}
	}
	words := strings.Fields(verb)
	c := cmdline.Az("vmss", words...).With("-g", i.ResourceGroup, "-n", i.ScaleSet, option, i.ID)
	if i.ScaleSet == "" {
		c = cmdline.Az("vm", words...).With("-g", i.ResourceGroup, "-n", i.ID)
	}
	if i.Subscription != "" { // another may be the default one
		c = c.With("--subscription", i.Subscription)
	}
	return c
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
	c := i.vm("run-command invoke", "--instance-id")
	if c.IsZero() {
		return c
	}
	return c.With("--command-id", command, "--scripts", script)
}
