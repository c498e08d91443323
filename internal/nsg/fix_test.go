package nsg

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFreePriority(t *testing.T) {
	full := Group{}
	for n := 100; n <= 4096; n++ {
		full.Rules = append(full.Rules, Rule{Priority: n, Direction: "inbound"})
	}
	g := read(
		"s",
		"200 In Deny * *:* *:*",
		"199 In Allow * *:* *:*",
		"198 Out Allow * *:* *:*",
		"100 In Deny * *:* *:*",
		"4096 x Deny * *:* *:*",
	)
	for _, c := range []struct {
		group  Group
		d      Direction
		before int
		want   int
	}{
		{g, Inbound, 200, 198},
		{g, Outbound, 200, 199},
		{g, Outbound, 199, 197},
		{g, Inbound, 65500, 4095},
		{g, Inbound, 101, 0},
		{g, Outbound, 101, 100},
		{g, Inbound, 100, 0},
		{g, Inbound, -5, 0},
		{full, Inbound, 65500, 0},
		{full, Outbound, 65500, 4096},
	} {
		if got, ok := FreePriority(c.group, c.d, c.before); got != c.want || ok != (c.want > 0) {
			t.Errorf("%s before %d: got %d, %v, want %d", c.d, c.before, got, ok, c.want)
		}
	}
}

func TestFirstDeny(t *testing.T) {
	unknown := kubelet
	unknown.DestinationASGs = nil
	for _, c := range []struct {
		group Group
		want  int
	}{
		{read("s", "100 In Deny * *:* /web:80", "150 In Deny * *:* /web:10250", "200 In Deny * *:* *:*"), 150},
		{read("s", "0 In Deny * *:* *:*", "200 In Deny * *:* *:*"), 200},
		{read("s", "300 In Deny * *:* *:*", "200 In Deny * *:1-10 *:*", "100 In Deny Udp *:* *:*"), 200},
		{read("s", "300 In Deny * *:* *:*", "200 In Allow * *:* *:*"), 0},
		{Group{}, 0},
		{read("s", "65000 In Allow * *:* *:80"), 65500},
		{read("s", "300 In Block * *:* *:*"), 300},
	} {
		if got, ok := FirstDeny(unknown, Inbound, vnet.Sets(nil, nil), c.group); got != c.want || ok != (c.want > 0) {
			t.Errorf("got %d, %v, want %d", got, ok, c.want)
		}
	}
	if _, ok := FirstDeny(Packet{}, Inbound, Sets{}, Group{}); ok {
		t.Error("a packet without a protocol")
	}
}

// TestFixTakesEffect holds that a rule with the priority that FirstDeny and FreePriority lead to allows the packet.
func TestFixTakesEffect(t *testing.T) {
	g := read("s", "300 In Deny * *:* *:*", "200 In Deny * 10.224.0.0/16:1-10 *:*", "199 In Allow Udp *:* *:*")
	before, ok := FirstDeny(kubelet, Inbound, vnet.Sets(nil, nil), g)
	if !ok {
		t.Fatal("nothing denies it")
	}
	fix := read("", "1 In Allow Tcp 10.224.0.0/12:* *:10250").Rules[0]
	if fix.Priority, ok = FreePriority(g, Inbound, before); !ok {
		t.Fatal("no priority is free")
	}
	g.Rules = append(g.Rules, fix)
	if v := Decide(kubelet, Inbound, vnet.Sets(nil, nil), g); v.Action != Allow || v.Rule.Priority != 198 {
		t.Errorf("got %s", brief(v))
	}
}

func TestShadowed(t *testing.T) {
	g := read(
		"s",
		"200 In Deny * *:* *:*",
		"300 In Allow * *:* *:10250",
		"400 In Allow * *:* *:*",
		"100 In Allow Udp *:* *:*",
		"150 In Deny * *:7 *:*",
	)
	for _, c := range []struct {
		allow, want string
	}{
		{"", "rule rule1 (priority 200) denies it before rule rule2 (300) allows it"},
		{"RULE3", "rule rule1 (priority 200) denies it before rule rule3 (400) allows it"},
		{"AllowVnetInBound", "rule rule1 (priority 200) denies it before rule AllowVnetInBound (65000) allows it"},
		{"rule4", ""}, // it does not match
		{"other", ""},
	} {
		got := ""
		if s := Shadowed(kubelet, Inbound, vnet.Sets(nil, nil), g, c.allow); s != nil {
			got = s.String()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.allow, diff)
		}
	}
	unknown := kubelet
	unknown.Source = netip.Addr{}
	for _, c := range []struct {
		p Packet
		g Group
	}{
		{kubelet, read("s", "100 In Allow * *:* *:*", "200 In Deny * *:* *:*", "300 In Allow * *:* *:*")},
		{kubelet, read("s", "200 In Deny * *:* *:*", "200 In Allow * *:* *:*")},
		{kubelet, read("s", "200 In Allow Udp *:* *:*", "100 In Allow Udp *:* *:*", "300 In Allow * *:* *:*", "300 In Deny * *:* *:*")},
		{kubelet, read("s", "100 In Deny * *:* *:*", "0 In Deny * *:* *:*", "0 In Allow * *:* *:*")},
		{unknown, read("s", "200 In Deny * 10.224.0.0/16:* *:*", "300 In Allow * *:* *:*")},
		{Packet{}, Group{}},
	} {
		if s := Shadowed(c.p, Inbound, vnet.Sets(nil, nil), c.g, "rule3"); s != nil {
			t.Errorf("got %s", s)
		}
	}
}
