package id

import (
	"testing"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/google/go-cmp/cmp"
)

const (
	compute  = "/providers/Microsoft.Compute/"
	scaleSet = "azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mc_lab" + compute +
		"virtualMachineScaleSets/aks-pool-vmss/virtualMachines/3"
	machine = "azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/mc_lab" + compute + "virtualMachines/vm-0"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		providerID string
		want       Instance
		ok         bool
		name       string
	}{
		{scaleSet, Instance{"mc_lab", "aks-pool-vmss", "3"}, true, "aks-pool-vmss/3"},
		{machine, Instance{"mc_lab", "", "vm-0"}, true, "vm-0"},
		{"", Instance{}, false, ""},
		{"aws:///eu-west-1a/i-0123456789abcdef0", Instance{}, false, ""},
		{"azure://", Instance{}, false, ""},
		{"azure:///resourceGroups/mc_lab" + compute + "virtualMachines", Instance{ResourceGroup: "mc_lab"}, false, ""},
	} {
		got, ok := Parse(c.providerID)
		if got != c.want || ok != c.ok || got.String() != c.name {
			t.Errorf("Parse(%q) = %+v, %v, named %q", c.providerID, got, ok, got)
		}
	}
}

func TestCommands(t *testing.T) {
	set, _ := Parse(scaleSet)
	standalone, _ := Parse(machine)
	for _, c := range []struct {
		command cmdline.Command
		want    string
	}{
		{set.Restart(), "az vmss restart -g mc_lab -n aks-pool-vmss --instance-ids 3"},
		{standalone.Restart(), "az vm restart -g mc_lab -n vm-0"},
		{
			set.RunShellScript("id"),
			"az vmss run-command invoke -g mc_lab -n aks-pool-vmss --instance-id 3 --command-id RunShellScript --scripts id",
		},
		{standalone.RunPowerShellScript("dir"), "az vm run-command invoke -g mc_lab -n vm-0 --command-id RunPowerShellScript --scripts dir"},
		{Instance{}.Restart(), ""},
		{Instance{}.RunShellScript("id"), ""},
	} {
		if diff := cmp.Diff(c.want, c.command.Posix()); diff != "" {
			t.Error(diff)
		}
	}
}
