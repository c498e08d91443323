// Package topology has what Azure's network does with a connection of a node: its types are what Azure has around the machines, and its
// methods evaluate network security groups and routes for one flow. It is pure, and its input is untrusted.
package topology

import (
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/nsg"
)

// Topology is what Azure has around some machines of a cluster.
type Topology struct {
	Cluster  Cluster          `json:"cluster,omitzero"`
	Machines []Machine        `json:"machines,omitempty"`
	Networks []Network        `json:"networks,omitempty"`
	Groups   []nsg.Group      `json:"groups,omitempty"`
	Tables   []nsg.RouteTable `json:"tables,omitempty"`
	// Tags are what is behind the service tags that rules and routes name, by their names in lower case; those that could not be read are
	// not in it.
	Tags      map[string][]netip.Prefix `json:"tags,omitempty"`
	TagsError string                    `json:"tagsError,omitempty"` // why they could not be read
	// Unread says why resources could not be read, by their IDs in lower case.
	Unread map[string]string `json:"unread,omitempty"`
}

// Machine is a node's machine in Azure.
type Machine struct {
	Node  string `json:"node"`
	NICs  []NIC  `json:"nics,omitempty"`
	Error string `json:"error,omitempty"` // why its NICs could not be read
	// Power is the power state of a node that stopped reporting, such as deallocated; empty: it is unknown or was not read.
	Power      string `json:"power,omitempty"`
	PowerError string `json:"powerError,omitempty"` // why it could not be read
}

// Off reports whether the machine is known to be off.
func (m Machine) Off() bool {
	return slices.Contains([]string{"stopping", "stopped", "deallocating", "deallocated"}, m.Power)
}

// Machine returns the machine of the node, or nil.
func (t Topology) Machine(node string) *Machine {
	for n := range t.Machines {
		if t.Machines[n].Node == node {
			return &t.Machines[n]
		}
	}
	return nil
}

// HasAddress reports whether the address is one of a machine that was read.
func (t Topology) HasAddress(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && slices.ContainsFunc(t.Machines, func(m Machine) bool {
		return slices.ContainsFunc(m.NICs, func(n NIC) bool { return n.Of(a) })
	})
}

// Pods returns the prefixes of an overlay's pods.
func (t Topology) Pods() (pods []netip.Prefix) {
	if !t.Cluster.Overlay() {
		return nil
	}
	for _, text := range t.Cluster.PodCIDRs {
		if p, err := netip.ParsePrefix(text); err == nil {
			pods = append(pods, p)
		}
	}
	return pods
}

// Subnet returns the subnet of the ID and its network; nil if it was not read.
func (t Topology) Subnet(id string) (Network, *Subnet) {
	for _, n := range t.Networks {
		if s := n.Find(id); s != nil {
			return n, s
		}
	}
	return Network{}, nil
}
