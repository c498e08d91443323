package azure

import (
	"context"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
)

// Power returns the power state of the machine, such as running, stopped or deallocated, in lower case; empty if Azure does not say
// (https://learn.microsoft.com/azure/virtual-machines/states-billing).
func Power(ctx context.Context, c *Client, at id.Instance) (string, error) {
	var vm machineState
	if err := c.get(ctx, machinePath(at), computeVersion+"&$expand=instanceView", &vm); err != nil {
		return "", err
	}
	return vm.power(), nil
}

// PowerOfScaleSet returns the power states of all machines of the scale set of the machine, as Power does, by their instance IDs.
func PowerOfScaleSet(ctx context.Context, c *Client, at id.Instance) (map[string]string, error) {
	set, _, ok := strings.Cut(machinePath(at), "/virtualMachines/")
	if at.ScaleSet == "" || !ok {
		return nil, &Error{Reason: Refused, Text: "the machine is not in a scale set"}
	}
	all, err := list[machineState](ctx, c, set+"/virtualMachines", computeVersion+"&$expand=instanceView")
	if err != nil {
		return nil, err
	}
	states := map[string]string{}
	for _, vm := range all {
		states[vm.InstanceID] = vm.power()
	}
	return states, nil
}

// machineState is the part of Resource Manager's answer that is used
// (https://learn.microsoft.com/rest/api/compute/virtual-machine-scale-set-vms/get).
type machineState struct {
	InstanceID string `json:"instanceId"`
	Properties struct {
		InstanceView struct {
			Statuses []struct {
				Code string `json:"code"`
			} `json:"statuses"`
		} `json:"instanceView"`
	} `json:"properties"`
}

func (m machineState) power() string {
	for _, s := range m.Properties.InstanceView.Statuses {
		if state, ok := strings.CutPrefix(strings.ToLower(s.Code), "powerstate/"); ok {
			return state
		}
	}
	return ""
}

// machinePath returns the path of the machine.
func machinePath(at id.Instance) string {
	path := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/", at.Subscription, at.ResourceGroup)
	if at.ScaleSet != "" {
		path += fmt.Sprintf("virtualMachineScaleSets/%s/", at.ScaleSet)
	}
	return path + "virtualMachines/" + at.ID
}
