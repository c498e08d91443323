package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/akstools/akstools/test/lab/arm/internal/balancing"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// TestPools makes a machine a member of a pool, by its own configuration, and takes it out.
func TestPools(t *testing.T) {
	a := start(t)
	const balancer = nodeGroup + "/providers/Microsoft.Network/loadBalancers/kubernetes"
	const pool = balancer + "/backendAddressPools/kubernetes"
	machine := nodeGroup + "/providers/Microsoft.Compute/virtualMachineScaleSets/" + cluster.ScaleSet + "/virtualMachines/1"
	if _, _, f := a.Write(t.Context(), pool, "Microsoft.Network/loadBalancers/backendAddressPools",
		store.Object{"properties": store.Object{}}, ""); f != nil {
		t.Fatal(f.text)
	}
	members := func() string {
		o, err := a.Store.Get(balancer)
		if err != nil {
			t.Fatal(err)
		}
		a.derive("Microsoft.Network/loadBalancers", o)
		counts := ""
		for _, p := range objects(o["properties"].(store.Object)["backendAddressPools"]) {
			properties, _ := p["properties"].(store.Object)
			counts += fmt.Sprintf("%s %d %d; ", p["name"], len(objects(properties["backendIPConfigurations"])),
				len(objects(properties["loadBalancerBackendAddresses"])))
		}
		if _, _, f := a.Write(t.Context(), balancer, "Microsoft.Network/loadBalancers", o, ""); f != nil { // as one who has read it
			t.Fatal(f.text)
		}
		return counts
	}
	if got := members(); got != "aksOutboundBackendPool 3 3; kubernetes 0 0; " {
		t.Error(got)
	}
	join := func(pools ...string) {
		o, err := a.Store.Get(machine)
		if err != nil {
			t.Fatal(err)
		}
		properties, _ := o["properties"].(store.Object)
		profile, _ := properties["networkProfileConfiguration"].(store.Object)
		nics := objects(profile["networkInterfaceConfigurations"])
		configuration := objects(nics[0]["properties"].(store.Object)["ipConfigurations"])[0]
		refs := []any{}
		for _, p := range pools {
			refs = append(refs, store.Object{"id": p})
		}
		configuration["properties"].(store.Object)["loadBalancerBackendAddressPools"] = refs
		// a PUT may leave out the rest
		if _, _, f := a.Write(t.Context(), machine, "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
			store.Object{"location": "eastus", "properties": store.Object{"networkProfileConfiguration": profile}}, ""); f != nil {
			t.Fatal(f.text)
		}
	}
	join(strings.ToUpper(pool))
	if got := members(); got != "aksOutboundBackendPool 2 2; kubernetes 1 1; " {
		t.Error(got)
	}
	if o, err := a.Store.Get(machine); err != nil || o["properties"].(store.Object)["osProfile"] == nil {
		t.Errorf("what the PUT left out is gone: %v", err)
	}
	join()
	if got := members(); got != "aksOutboundBackendPool 2 2; kubernetes 0 0; " {
		t.Error(got)
	}
	if rules := balancing.Rules(a.Store); len(rules) != 0 {
		t.Errorf("without rules: %+v", rules)
	}
}
