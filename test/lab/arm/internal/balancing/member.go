package balancing

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Member is a machine in a backend pool.
type Member struct {
	Address string `json:"address"`
	// Configuration is the ID of the IP configuration of its NIC; empty: no NIC has the address.
	Configuration string `json:"configuration,omitempty"`
	// Off: the machine is deallocated.
	Off bool `json:"off,omitempty"`
}

// members returns the members of a pool of addresses or of NICs.
func members(s *store.Store, p *armnetwork.BackendAddressPoolPropertiesFormat) []Member {
	var ids, addresses []string
	for _, c := range p.BackendIPConfigurations {
		ids = append(ids, value(c.ID))
	}
	for _, a := range p.LoadBalancerBackendAddresses {
		if a.Properties != nil && value(a.Properties.IPAddress) != "" {
			addresses = append(addresses, value(a.Properties.IPAddress))
		}
	}
	var all []Member
	for _, id := range ids {
		for _, m := range configurations(s) {
			if strings.EqualFold(m.Configuration, id) {
				all = append(all, m)
			}
		}
	}
	for _, address := range addresses {
		found := Member{Address: address}
		for _, m := range configurations(s) {
			if m.Address == address {
				found = m
			}
		}
		all = append(all, found)
	}
	return all
}

// configurations returns the IP configurations of all NICs as members.
func configurations(s *store.Store) []Member {
	var all []Member
	for _, kind := range []string{
		"Microsoft.Network/networkInterfaces", "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces",
	} {
		nics, _ := s.List("", kind) // of such kinds there are no parents that could be missing
		for _, o := range nics {
			nic, err := decode[armnetwork.Interface](o)
			if err != nil || nic.Properties == nil {
				continue
			}
			off := nic.Properties.VirtualMachine != nil && deallocated(s, value(nic.Properties.VirtualMachine.ID))
			for _, c := range nic.Properties.IPConfigurations {
				if c.Properties != nil {
					id := value(nic.ID) + "/ipConfigurations/" + value(c.Name)
					all = append(all, Member{Address: value(c.Properties.PrivateIPAddress), Configuration: id, Off: off})
				}
			}
		}
	}
	return all
}

func deallocated(s *store.Store, id string) bool {
	o, err := s.Get(id)
	if err != nil {
		return false
	}
	vm, err := decode[armcompute.VirtualMachineScaleSetVM](o)
	if err != nil || vm.Properties == nil || vm.Properties.InstanceView == nil {
		return false
	}
	for _, status := range vm.Properties.InstanceView.Statuses {
		if value(status.Code) == "PowerState/deallocated" {
			return true
		}
	}
	return false
}
