package topology

import (
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nsg"
)

// Flow is a connection from the machine of a node, or to one.
type Flow struct {
	From                string // the source's node; empty: it is none of the cluster's
	To                  string // the destination's node; empty: it is none of the cluster's
	Protocol            string // tcp or udp
	Source, Destination netip.Addr
	// Behind is the address of the machine behind Destination, which is then that of a load balancer with a floating IP; not valid:
	// Destination is the machine's own.
	Behind netip.Addr
	Port   uint16
}

// Verdict is what a network security group makes of a flow, and where it applies.
type Verdict struct {
	nsg.Verdict
	Flow      Flow
	direction nsg.Direction
	node      string // at which it applies
	onNIC     bool   // it is the NIC's; otherwise the subnet's
	group     nsg.Group
	sets      nsg.Sets
	packet    nsg.Packet
	from, to  []string // the prefixes of the subnets at both ends, and of pods
}

// Rules returns the rules of the deciding group; nil if there is none.
func (v Verdict) Rules() []nsg.Rule { return v.group.Rules }

// Decide evaluates the groups for the flow: where it leaves the first machine, that of its NIC and its subnet; where it enters
// the other, that of the subnet and the NIC. The first group that certainly denies it is the verdict, whatever is not known about the
// others. An error says what is not known.
func (t Topology) Decide(f Flow) (Verdict, error) {
	out, in := End{asgs: []string{}}, End{asgs: []string{}} // outside, no group applies
	var unknown []error
	var err error
	if f.From != "" {
		if out, err = t.End(f.From, f.Source); err != nil {
			return Verdict{}, err
		}
	}
	switch {
	case f.To != "":
		at := f.Destination
		if f.Behind.IsValid() {
			at = f.Behind
		}
		if in, err = t.End(f.To, at); err != nil {
			return Verdict{}, err
		}
	case out.Inside(f.Destination):
		unknown = append(unknown, fmt.Errorf("%s is in the virtual network, and the groups of its subnet were not read", f.Destination))
	}
	packet := nsg.Packet{
		Protocol: f.Protocol, Source: f.Source, Destination: f.Destination, Port: f.Port, SourceASGs: out.asgs, DestinationASGs: in.asgs,
	}
	last := Verdict{Verdict: nsg.Verdict{Action: nsg.Allow}, Flow: f}
	for _, level := range []struct {
		end       End
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
		group, err := t.group(level.id)
		if err != nil {
			unknown = append(unknown, err)
			continue
		}
		v := Verdict{
			Verdict: t.decide(packet, level.direction, level.end, group), Flow: f, direction: level.direction, node: level.end.node,
			onNIC: level.onNIC, group: group, sets: t.sets(level.end), packet: packet,
			from: t.withPods(out.prefixes), to: t.targets(in),
		}
		switch v.Action {
		case nsg.Deny:
			return v, nil
		case nsg.Unknown:
			unknown = append(unknown, fmt.Errorf("%s: %s%s", NameOf(level.id), v.Reason, t.tagsText()))
		case nsg.Allow:
			last = v
		}
	}
	return last, check.Distinct(unknown)
}

// tagsText says, as a clause, why it is not known what is behind service tags; empty if it is known or was not needed.
func (t Topology) tagsText() string {
	if t.TagsError == "" {
		return ""
	}
	return "; service tags could not be read: " + t.TagsError
}
