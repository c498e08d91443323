package topology

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/nsg"
)

// decide evaluates one group. Pods of an overlay reach each other with the default rules alone, although it is not documented whether
// the tag VirtualNetwork covers their addresses: where a default rule decides, it does.
func (t Topology) decide(p nsg.Packet, d nsg.Direction, end End, g nsg.Group) nsg.Verdict {
	sets := t.sets(end)
	v := nsg.Decide(p, d, sets, g)
	if v.Action != nsg.Unknown && (v.Rule == nil || v.Rule.Priority < firstDefault) {
		return v
	}
	sets.VirtualNetwork = append(slices.Clone(sets.VirtualNetwork), t.Pods()...)
	with := nsg.Decide(p, d, sets, g)
	byDefault := with.Action == nsg.Allow && with.Rule != nil && with.Rule.Priority >= firstDefault
	if byDefault || with.Action == v.Action {
		return with
	}
	return v
}

// firstDefault is the lowest priority of the rules that each group has.
const firstDefault = 65000

// End is one end of a flow: a machine's NIC, its subnet and its network.
type End struct {
	node                  string
	nicGroup, subnetGroup string // IDs; empty: none
	asgs                  []string
	prefixes              []string // of the subnet
	network               nsg.Network
	Table                 string // the ID of the subnet's route table; empty: none
}

// End returns the end of a flow at the node. An address that is not the NIC's own is a pod's, which is in no application security
// group.
func (t Topology) End(node string, address netip.Addr) (End, error) {
	m := t.Machine(node)
	switch {
	case m == nil:
		return End{}, fmt.Errorf("the machine of node %s was not read", node)
	case m.Error != "":
		return End{}, fmt.Errorf("the NIC of node %s: %s", node, m.Error)
	case len(m.NICs) == 0:
		return End{}, fmt.Errorf("the machine of node %s has no NIC", node)
	}
	nic := m.NICs[0]
	own := false
	for _, n := range m.NICs {
		if n.Of(address) {
			nic, own = n, true
		}
	}
	if !own && !slices.ContainsFunc(t.Pods(), func(p netip.Prefix) bool { return p.Contains(address) }) {
		return End{}, fmt.Errorf("%s is no address of the NIC of node %s: a pod subnet of its own is not evaluated", address, node)
	}
	end := End{node: node, nicGroup: nic.Group, asgs: []string{}}
	if own {
		end.asgs = append(end.asgs, nic.ASGs...)
	}
	for _, n := range t.Networks {
		if s := n.Find(nic.Subnet); s != nil {
			end.subnetGroup, end.prefixes, end.network, end.Table = s.Group, s.Prefixes, n.Evaluated(t.Pods()), s.RouteTable
			return end, nil
		}
	}
	network, _, _ := strings.Cut(strings.ToLower(nic.Subnet), "/subnets/")
	if why := t.Unread[network]; why != "" {
		return End{}, errors.New(why)
	}
	return End{}, fmt.Errorf("the subnet of node %s was not read", node)
}

// sets returns what is behind the tags for the groups at the end. Routes add to the tag VirtualNetwork, so without a table that the
// subnet has, any address may belong to it.
func (t Topology) sets(e End) nsg.Sets {
	table := t.table(e.Table)
	s := e.network.Sets(table, t.Tags)
	if table == nil && e.Table != "" {
		s.Possible = append(s.Possible, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
	}
	return s
}

// Inside reports whether the address is in the virtual network of the end or in a peer of it.
func (e End) Inside(a netip.Addr) bool {
	return slices.ContainsFunc(e.network.Prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// targets returns what a rule allows that allows flows to the end: its subnet and the pods; nothing if it is outside.
func (t Topology) targets(e End) []string {
	if e.node == "" {
		return nil
	}
	return t.withPods(e.prefixes)
}

// withPods returns the prefixes of a subnet and, in an overlay, those of the pods: AKS requires that all of these reach each other
// (https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay#network-security-groups).
func (t Topology) withPods(subnet []string) []string {
	all := slices.Clone(subnet)
	for _, p := range t.Pods() {
		all = append(all, p.String())
	}
	return all
}

// group returns the group of the ID.
func (t Topology) group(id string) (nsg.Group, error) {
	for _, g := range t.Groups {
		if strings.EqualFold(g.ID, id) {
			return g, nil
		}
	}
	if why := t.Unread[strings.ToLower(id)]; why != "" {
		return nsg.Group{}, errors.New(why)
	}
	return nsg.Group{}, fmt.Errorf("network security group %s was not read", NameOf(id))
}

// NameOf returns the last part of a resource ID.
func NameOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
