package nsg

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// input is what FuzzDecide reads.
type input struct {
	Groups  []Group
	Sets    Sets
	Table   *RouteTable
	Network Network
	Packet  Packet
}

// FuzzDecide holds that any input is evaluated without a panic in bounded time, and what plausible checks.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(40) {
		g := generator{rand.New(rand.NewPCG(seed, 0))}
		b, err := json.Marshal(input{g.groups(), g.sets(), table("0.0.0.0/0 VirtualAppliance 10.224.9.9", "Storage Internet"), vnet, g.packet()})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var in input
		if json.Unmarshal(text, &in) != nil {
			return
		}
		for _, d := range []Direction{Inbound, Outbound} {
			for _, sets := range []Sets{in.Sets, in.Network.Sets(in.Table, in.Sets.Tags)} {
				v := Decide(in.Packet, d, sets, in.Groups...)
				plausible(t, in.Packet, v, in.Groups)
				for _, g := range in.Groups {
					if before, ok := FirstDeny(in.Packet, d, sets, g); ok {
						if n, ok := FreePriority(g, d, before); ok && (n < 100 || n > 4096 || n >= before) {
							t.Errorf("priority %d before %d", n, before)
						}
					}
					if s := Shadowed(in.Packet, d, sets, g, ""); s != nil && s.Deny.Priority >= s.Allow.Priority {
						t.Errorf("%s", s)
					}
				}
				if v.Action == Deny && v.Rule.Priority < 65000 && len(in.Groups) == 1 && validPriority(v.Rule.Priority) {
					fixed(t, in, d, sets)
				}
			}
		}
		for _, dst := range []netip.Addr{in.Packet.Destination, addr("20.1.2.3"), addr("10.224.0.5")} {
			r := Hop(dst, in.Table, in.Network, in.Sets.Tags)
			if (r.NextHop == UnknownHop) != (r.Reason != "") {
				t.Errorf("%+v", r)
			}
		}
	})
}

// FuzzWords does the same for the words of one rule and one route.
func FuzzWords(f *testing.F) {
	f.Add("Inbound", "Deny", "Tcp", "1-2", "80", "10.0.0.0/8", "Storage.WestEurope", "/web", "VirtualAppliance", "10.0.0.4", 100)
	f.Add("Outbound", "Allow", "*", "*", "0-65535", "VirtualNetwork", "AzurePlatformDNS", "", "None", "", 65500)
	f.Add("x", "x", "x", "x", "2-1", "fe80::1%eth0", "::ffff:1.2.3.4/100", "", "x", "x", -1)
	f.Fuzz(func(t *testing.T, direction, access, protocol, from, port, source, destination, asg, hop, address string, priority int) {
		rule := Rule{
			Name: "a", Priority: priority, Direction: direction, Access: access, Protocol: protocol, SourcePorts: []string{from},
			Ports: []string{port}, Sources: []string{source}, Destinations: []string{destination, source}, SourceASGs: []string{asg},
		}
		routes := &RouteTable{Routes: []Route{
			{"a", source, NextHop(hop), address}, {"b", destination, NextHop(hop), address}, {"c", "0.0.0.0/0", VirtualAppliance, address},
		}}
		for _, p := range []Packet{kubelet, {Protocol: "udp", Destination: hostAddress}, {Protocol: "icmp"}} {
			for _, d := range []Direction{Inbound, Outbound} {
				groups := []Group{{"g", []Rule{rule, {Name: "b", Priority: 100, Access: "Deny", Direction: string(d), Protocol: "*"}}}}
				plausible(t, p, Decide(p, d, vnet.Sets(routes, nil), groups...), groups)
			}
			if r := Hop(p.Destination, routes, vnet, nil); (r.NextHop == UnknownHop) != (r.Reason != "") {
				t.Errorf("%+v", r)
			}
		}
	})
}

// fixed holds that a rule for just the packet, at the priority that FirstDeny and FreePriority lead to, keeps the group from denying it,
// unless there are rules whose order is not known.
func fixed(t *testing.T, in input, d Direction, sets Sets) {
	t.Helper()
	g := in.Groups[0]
	for _, r := range g.Rules {
		if !validPriority(r.Priority) {
			return
		}
	}
	before, ok := FirstDeny(in.Packet, d, sets, g)
	if !ok {
		t.Error("nothing denies it")
		return
	}
	n, ok := FreePriority(g, d, before)
	if p := in.Packet; !ok || p.exempt(d) || p.normal().exempt(d) {
		return
	}
	all := []string{"*"}
	rule := Rule{
		Name: "fix", Priority: n, Direction: string(d), Access: "Allow", Protocol: "*",
		SourcePorts: all, Ports: all, Sources: all, Destinations: all,
	}
	g.Rules = append(append([]Rule(nil), g.Rules...), rule)
	if v := Decide(in.Packet, d, sets, g); v.Action != Allow && v.Reason != tooManyRules {
		t.Errorf("still %+v by %+v", v, v.Rule)
	}
}
