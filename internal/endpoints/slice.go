package endpoints

import (
	"maps"
	"slices"
)

// Slice is an EndpointSlice.
type Slice struct {
	Name      string      `json:"name"`
	Service   string      `json:"service,omitempty"`   // its Service; label kubernetes.io/service-name
	ManagedBy string      `json:"managedBy,omitempty"` // label endpointslice.kubernetes.io/managed-by
	Ports     []SlicePort `json:"ports,omitempty"`
	Endpoints []Endpoint  `json:"endpoints,omitempty"`
}

// SlicePort is a port of an EndpointSlice. Its name is that of the Service's port that targets it.
type SlicePort struct {
	Name     string `json:"name,omitempty"`
	Number   int32  `json:"number,omitempty"` // 0: all ports
	Protocol string `json:"protocol"`
}

// Endpoint is one address of an EndpointSlice; kube-proxy sends connections to those that are ready.
type Endpoint struct {
	Address string `json:"address"`
	Pod     string `json:"pod,omitempty"` // the name of the pod in targetRef; empty if there is none
	Ready   bool   `json:"ready,omitempty"`
}

// Address is an endpoint of a Service's port.
type Address struct {
	Host string `json:"host"`
	Port int32  `json:"port"`
}

// Addresses returns the ready endpoints of the Service's port in the slices, sorted and without duplicates.
func Addresses(p Port, slicesOf []Slice) []Address {
	set := map[Address]bool{}
	for _, s := range slicesOf {
		for _, sp := range s.Ports {
			if sp.Name != p.Name || sp.Protocol != p.Protocol {
				continue
			}
			for _, e := range s.Endpoints {
				if e.Ready {
					set[Address{e.Address, sp.Number}] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(set), Address.Compare)
}

// Compare orders addresses.
func (a Address) Compare(b Address) int {
	if a.Host != b.Host {
		if a.Host < b.Host {
			return -1
		}
		return 1
	}
	return int(a.Port) - int(b.Port)
}

// DiffAddresses returns the addresses that only want has (missing) and those that only have has (foreign).
func DiffAddresses(want, have []Address) (missing, foreign []Address) {
	for _, a := range want {
		if !slices.Contains(have, a) {
			missing = append(missing, a)
		}
	}
	for _, a := range have {
		if !slices.Contains(want, a) {
			foreign = append(foreign, a)
		}
	}
	return missing, foreign
}
