package id

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/cmdline"
)

const (
	compute  = "/providers/Microsoft.Compute/"
	scaleSet = "azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mc_lab" + compute +
		"virtualMachineScaleSets/aks-pool-vmss/virtualMachines/3"
	machineID = "azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/mc_lab" + compute + "virtualMachines/vm-0"
)

func TestParse(t *testing.T) {
	const inGroup = "azure:///subscriptions/0/resourceGroups/"
	vm := func(group, name string) string { return inGroup + group + compute + "virtualMachines/" + name }
	set := func(name, instance string) string {
		return inGroup + "mc_lab" + compute + "virtualMachineScaleSets/" + name + "/virtualMachines/" + instance
	}
	for _, c := range []struct {
		providerID, node string
		want             Instance // zero: refused
		name             string
	}{
		{scaleSet, "aks-pool-vmss000003", Instance{ResourceGroup: "mc_lab", ScaleSet: "aks-pool-vmss", ID: "3"}, "aks-pool-vmss/3"},
		{machineID, "vm-0", Instance{ResourceGroup: "mc_lab", ID: "vm-0"}, "vm-0"},
		{set("aksnpwin", "46655"), "aksnpwin00zzz", Instance{}, ""},
		{set("aksnpwin", "46655"), "aksnpwin000zzz", Instance{ResourceGroup: "mc_lab", ScaleSet: "aksnpwin", ID: "46655"}, "aksnpwin/46655"},
		{set("AKSNPWIN", "10"), "aksnpwin00000a", Instance{ResourceGroup: "mc_lab", ScaleSet: "AKSNPWIN", ID: "10"}, "AKSNPWIN/10"},
		{vm("MC_(a).b-c", "VM-0"), "vm-0", Instance{ResourceGroup: "MC_(a).b-c", ID: "VM-0"}, "VM-0"},
		{"", "vm-0", Instance{}, ""},
		{"aws:///eu-west-1a/i-0123456789abcdef0", "vm-0", Instance{}, ""},
		{"azure://", "", Instance{}, ""},
		{"azure:///resourceGroups/mc_lab" + compute + "virtualMachines", "vm-0", Instance{}, ""},
		{machineID + "/extensions/vm-0", "vm-0", Instance{}, ""},
		// the machine is another one
		{scaleSet, "aks-pool-vmss000004", Instance{}, ""},
		{scaleSet, "aks-other-vmss000003", Instance{}, ""},
		{machineID, "vm-1", Instance{}, ""},
		{vm("a", "vm-0/virtualMachines/vm-1"), "vm-1", Instance{}, ""},
		// a part would be something else for a shell or for az
		{vm("$(touch${IFS}pwned)", "vm-0"), "vm-0", Instance{}, ""},
		{vm("--ids", "vm-0"), "vm-0", Instance{}, ""},
		{vm("@file", "vm-0"), "vm-0", Instance{}, ""},
		{vm("..", "vm-0"), "vm-0", Instance{}, ""},
		{vm("a b", "vm-0"), "vm-0", Instance{}, ""},
		{vm("a\nb", "vm-0"), "vm-0", Instance{}, ""},
		{vm(strings.Repeat("a", 91), "vm-0"), "vm-0", Instance{}, ""},
		{vm("a", "-n"), "-n", Instance{}, ""},
		{set("x;id", "3"), "x;id000003", Instance{}, ""},
		{set("aks-pool-vmss", "-3"), "aks-pool-vmss0000-3", Instance{}, ""},
		{set("aks-pool-vmss", "03"), "aks-pool-vmss000003", Instance{}, ""},
		{set("aks-pool-vmss", "99999999999999999999"), "aks-pool-vmss000003", Instance{}, ""},
		{set("aks-pool-vmss", "*"), "aks-pool-vmss000000", Instance{}, ""},
	} {
		got, ok := Parse(c.providerID, c.node)
		if ok && !strings.Contains(c.providerID, "/subscriptions/"+got.Subscription+"/") {
			t.Errorf("Parse(%q) has the subscription %q", c.providerID, got.Subscription)
		}
		got.Subscription = ""
		if got != c.want || ok != (c.want != Instance{}) || got.String() != c.name {
			t.Errorf("Parse(%q, %q) = %+v, %v, named %q", c.providerID, c.node, got, ok, got)
		}
	}
}

// What is read from a file is as valid as what is read from a cluster.
func TestUnmarshal(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"id":""}`: true,
		`{"resourceGroup":"mc_lab","scaleSet":"aks-pool-vmss","id":"3"}`: true,
		`{"resourceGroup":"mc_lab","id":"vm-0"}`:                         true,
		`{"resourceGroup":"mc_lab"}`:                                     false,
		`{"id":"vm-0"}`:                                                  false,
		`{"resourceGroup":"--ids","id":"vm-0"}`:                          false,
		`{"resourceGroup":"mc_lab","id":"$(id)"}`:                        false,
		`{"resourceGroup":"mc_lab","scaleSet":"@x","id":"3"}`:            false,
		`{"resourceGroup":"mc_lab","scaleSet":"s","id":"*"}`:             false,
	} {
		var i Instance
		if err := json.Unmarshal([]byte(text), &i); (err == nil) != ok || err != nil && i != (Instance{}) {
			t.Errorf("%s: %+v, %v", text, i, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(scaleSet, "aks-pool-vmss000003")
	f.Add(machineID, "vm-0")
	f.Fuzz(func(t *testing.T, providerID, node string) {
		i, ok := Parse(providerID, node)
		for _, part := range i.Restart().Argv() {
			if ok && strings.ContainsAny(part, " \t\n$;&|<>'\"`\\@/") {
				t.Errorf("%q, %q: %q", providerID, node, i.Restart())
			}
		}
	})
}

func TestCommands(t *testing.T) {
	const of = " --subscription 00000000-0000-0000-0000-000000000000"
	set, _ := Parse(scaleSet, "aks-pool-vmss000003")
	standalone, _ := Parse(machineID, "vm-0")
	for _, c := range []struct {
		command cmdline.Command
		want    string
	}{
		{set.Restart(), "az vmss restart -g mc_lab -n aks-pool-vmss --instance-ids 3" + of},
		{standalone.Restart(), "az vm restart -g mc_lab -n vm-0" + of},
		{
			set.RunShellScript("id"),
			"az vmss run-command invoke -g mc_lab -n aks-pool-vmss --instance-id 3" + of + " --command-id RunShellScript --scripts id",
		},
		{
			standalone.RunPowerShellScript("dir"),
			"az vm run-command invoke -g mc_lab -n vm-0" + of + " --command-id RunPowerShellScript --scripts dir",
		},
		{set.Start(), "az vmss start -g mc_lab -n aks-pool-vmss --instance-ids 3" + of},
		{set.InstanceView(), "az vmss get-instance-view -g mc_lab -n aks-pool-vmss --instance-id 3" + of},
		{Instance{}.Restart(), ""},
		{Instance{}.RunShellScript("id"), ""},
	} {
		if diff := cmp.Diff(c.want, c.command.Posix()); diff != "" {
			t.Error(diff)
		}
	}
}
