package id

import "testing"

func TestFromName(t *testing.T) {
	for node, want := range map[string]Instance{
		"aks-nodepool1-12345678-vmss00000a": {ResourceGroup: "GROUP", ScaleSet: "aks-nodepool1-12345678-vmss", ID: "10"},
		"aksnpwin000000":                    {ResourceGroup: "GROUP", ScaleSet: "aksnpwin", ID: "0"},
		"aks-nodepool1-12345678-vms1":       {}, // a virtual machine of its own
		"vm-0":                              {},
		"-g":                                {},
	} {
		if got, ok := FromName("GROUP", node); got != want || ok != (want != Instance{}) {
			t.Errorf("%s: %+v, %v", node, got, ok)
		}
	}
}
