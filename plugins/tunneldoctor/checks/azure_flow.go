package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// azureFlow is a connection from the machine of a node.
type azureFlow struct {
	From                string // the node
	To                  string // the destination's node; empty: it is none of the cluster's
	Protocol            string // tcp or udp
	Source, Destination netip.Addr
	Port                uint16
}

// groupVerdict is what a network security group makes of a flow, and where it applies.
type groupVerdict struct {
	nsg.Verdict
	flow      azureFlow
	direction nsg.Direction
	node      string // at which it applies
	onNIC     bool   // it is the NIC's; otherwise the subnet's
	group     nsg.Group
	sets      nsg.Sets
	packet    nsg.Packet
	from, to  []string // the prefixes of the subnets at both ends, and of pods
}

// sources returns the addresses that packets from the report's node may have on the way: the agent's, and its node's, by which nodes
// replace it in overlay networks and with kubenet (https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay,
// https://learn.microsoft.com/azure/aks/concepts-network-legacy-cni).
func sources(info facts.AzureInfo, from facts.NodeReport, nodes facts.NodeList) []netip.Addr {
	all := []netip.Addr{sourceIP(from, nodes)}
	if n := nodes.Find(from.Node); n != nil && n.IP != all[0] {
		if all = append(all, n.IP); strings.EqualFold(info.Cluster.NetworkPlugin, "kubenet") {
			all = all[1:]
		}
	}
	return slices.DeleteFunc(all, func(a netip.Addr) bool { return !a.IsValid() })
}

// evaluateGroups evaluates the groups for the flow: where it leaves the first machine, that of its NIC and its subnet; where it enters
// the other, that of the subnet and the NIC. The first group that certainly denies it is the verdict, whatever is not known about the
// others. An error says what is not known.
func evaluateGroups(info facts.AzureInfo, f azureFlow) (groupVerdict, error) {
	out, err := endOf(info, f.From, f.Source)
	if err != nil {
		return groupVerdict{}, err
	}
	in := azureEnd{asgs: []string{}} // outside, no group applies
	var unknown []error
	switch {
	case f.To != "":
		if in, err = endOf(info, f.To, f.Destination); err != nil {
			return groupVerdict{}, err
		}
	case out.inside(f.Destination):
		unknown = append(unknown, fmt.Errorf("%s is in the virtual network, and the groups of its subnet were not read", f.Destination))
	}
	packet := nsg.Packet{
		Protocol: f.Protocol, Source: f.Source, Destination: f.Destination, Port: f.Port, SourceASGs: out.asgs, DestinationASGs: in.asgs,
	}
	last := groupVerdict{Verdict: nsg.Verdict{Action: nsg.Allow}, flow: f}
	for _, level := range []struct {
		end       azureEnd
		id        string
		onNIC     bool
		direction nsg.Direction
	}{
		{out, out.nicGroup, true, nsg.Outbound},
		{out, out.subnetGroup, false, nsg.Outbound},
		{in, in.subnetGroup, false, nsg.Inbound},
		{in, in.nicGroup, true, nsg.Inbound},
	} {
		if level.id == "" {
			continue
		}
		group, err := groupOf(info, level.id)
		if err != nil {
			unknown = append(unknown, err)
			continue
		}
		v := groupVerdict{
			Verdict: decide(packet, level.direction, info, level.end, group), flow: f, direction: level.direction, node: level.end.node,
			onNIC: level.onNIC, group: group, sets: level.end.sets(info), packet: packet,
			from: withPods(out.prefixes, info), to: in.targets(info),
		}
		switch v.Action {
		case nsg.Deny:
			return v, nil
		case nsg.Unknown:
			unknown = append(unknown, fmt.Errorf("%s: %s%s", nameOf(level.id), v.Reason, tagsText(info)))
		case nsg.Allow:
			last = v
		}
	}
	return last, joinDistinct(unknown)
}

// tagsText says, as a clause, why it is not known what is behind service tags; empty if it is known or was not needed.
func tagsText(info facts.AzureInfo) string {
	if info.TagsError == "" {
		return ""
	}
	return "; service tags could not be read: " + info.TagsError
}

// joinDistinct returns the errors as one in one line, each once; nil if there is none.
func joinDistinct(errs []error) error {
	var texts []string
	for _, err := range errs {
		if err != nil && !slices.Contains(texts, err.Error()) {
			texts = append(texts, err.Error())
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}

// inside reports whether the address is in the virtual network of the end or in a peer of it.
func (e azureEnd) inside(a netip.Addr) bool {
	return slices.ContainsFunc(e.network.Prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// targets returns what a rule allows that allows flows to the end: its subnet and the pods; nothing if it is outside.
func (e azureEnd) targets(info facts.AzureInfo) []string {
	if e.node == "" {
		return nil
	}
	return withPods(e.prefixes, info)
}

// withPods returns the prefixes of a subnet and, in an overlay, those of the pods: AKS requires that all of these reach each other
// (https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay#network-security-groups).
func withPods(subnet []string, info facts.AzureInfo) []string {
	all := slices.Clone(subnet)
	for _, p := range info.Pods() {
		all = append(all, p.String())
	}
	return all
}

// decide evaluates one group. Pods of an overlay reach each other with the default rules alone, although it is not documented whether
// the tag VirtualNetwork covers their addresses: where a default rule decides, it does.
func decide(p nsg.Packet, d nsg.Direction, info facts.AzureInfo, end azureEnd, g nsg.Group) nsg.Verdict {
	sets := end.sets(info)
	v := nsg.Decide(p, d, sets, g)
	if v.Action != nsg.Unknown && (v.Rule == nil || v.Rule.Priority < firstDefaultPriority) {
		return v
	}
	sets.VirtualNetwork = append(slices.Clone(sets.VirtualNetwork), info.Pods()...)
	with := nsg.Decide(p, d, sets, g)
	byDefault := with.Action == nsg.Allow && with.Rule != nil && with.Rule.Priority >= firstDefaultPriority
	if byDefault || with.Action == v.Action {
		return with
	}
	return v
}

// firstDefaultPriority is the lowest priority of the rules that each group has.
const firstDefaultPriority = 65000

// azureEnd is one end of a flow: a machine's NIC, its subnet and its network.
type azureEnd struct {
	node                  string
	nicGroup, subnetGroup string // IDs; empty: none
	asgs                  []string
	prefixes              []string // of the subnet
	network               nsg.Network
	table                 string // the ID of the subnet's route table; empty: none
}

// endOf returns the end of a flow at the node. An address that is not the NIC's own is a pod's, which is in no application security
// group.
func endOf(info facts.AzureInfo, node string, address netip.Addr) (azureEnd, error) {
	m := info.Machine(node)
	switch {
	case m == nil:
		return azureEnd{}, fmt.Errorf("the machine of node %s was not read", node)
	case m.Error != "":
		return azureEnd{}, fmt.Errorf("the NIC of node %s: %s", node, m.Error)
	case len(m.NICs) == 0:
		return azureEnd{}, fmt.Errorf("the machine of node %s has no NIC", node)
	}
	nic := m.NICs[0]
	own := false
	for _, n := range m.NICs {
		if n.Of(address) {
			nic, own = n, true
		}
	}
	if !own && !slices.ContainsFunc(info.Pods(), func(p netip.Prefix) bool { return p.Contains(address) }) {
		return azureEnd{}, fmt.Errorf("%s is no address of the NIC of node %s: a pod subnet of its own is not evaluated", address, node)
	}
	end := azureEnd{node: node, nicGroup: nic.Group, asgs: []string{}}
	if own {
		end.asgs = append(end.asgs, nic.ASGs...)
	}
	for _, n := range info.Networks {
		if s := n.Find(nic.Subnet); s != nil {
			end.subnetGroup, end.prefixes, end.network, end.table = s.Group, s.Prefixes, n.Evaluated(info.Pods()), s.RouteTable
			return end, nil
		}
	}
	network, _, _ := strings.Cut(strings.ToLower(nic.Subnet), "/subnets/")
	if why := info.Unread[network]; why != "" {
		return azureEnd{}, errors.New(why)
	}
	return azureEnd{}, fmt.Errorf("the subnet of node %s was not read", node)
}

// sets returns what is behind the tags for the groups at the end. Routes add to the tag VirtualNetwork, so without a table that the
// subnet has, any address may belong to it.
func (e azureEnd) sets(info facts.AzureInfo) nsg.Sets {
	table := tableOf(info, e.table)
	s := e.network.Sets(table, info.Tags)
	if table == nil && e.table != "" {
		s.Possible = append(s.Possible, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
	}
	return s
}

// groupOf returns the group of the ID.
func groupOf(info facts.AzureInfo, id string) (nsg.Group, error) {
	for _, g := range info.Groups {
		if strings.EqualFold(g.ID, id) {
			return g, nil
		}
	}
	if why := info.Unread[strings.ToLower(id)]; why != "" {
		return nsg.Group{}, errors.New(why)
	}
	return nsg.Group{}, fmt.Errorf("network security group %s was not read", nameOf(id))
}

// nameOf returns the last part of a resource ID.
func nameOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
