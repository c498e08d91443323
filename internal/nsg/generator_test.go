package nsg

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"
)

type generator struct{ *rand.Rand }

func pick[T any](g generator, all ...T) T { return all[g.IntN(len(all))] }

// rarely returns odd once in n times, else usual.
func rarely[T any](g generator, n int, odd, usual T) T {
	if g.IntN(n) == 0 {
		return odd
	}
	return usual
}

func (g generator) several(all ...string) (some []string) {
	for range 1 + g.IntN(2) {
		some = append(some, pick(g, all...))
	}
	return rarely(g, 40, nil, some)
}

func (g generator) ports() []string {
	if g.IntN(2) == 0 {
		return []string{"*"}
	}
	return g.several("*", "80", "53", "443", "100-200", "1024-65535", "0-65535", "1-1023", "81-80", "http", "32526", "0")
}

func (g generator) place() []string {
	if g.IntN(4) == 0 {
		return []string{"*"}
	}
	return g.several("10.224.0.0/16", "10.224.0.4", "10.0.0.0/8", "0.0.0.0/0", "20.0.0.0/8", "VirtualNetwork", "virtualnetwork", "Internet",
		"AzureLoadBalancer", "Storage", "Storage.WestEurope", "AzureCloud", "AzureCloud.westeurope", "Sql", "Sql.WestEurope",
		"AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM", "10.0.0.300", "10.244.0.0/16", "fd00::/8", "::/0", "2001:db8::1", "*")
}

func (g generator) rule() Rule {
	r := Rule{
		Name: "r" + strconv.Itoa(g.IntN(1000)), Priority: rarely(g, 20, pick(g, 0, -1, 5000, 65000, 65500), 100*(1+g.IntN(8))),
		Direction:   rarely(g, 40, "sideways", pick(g, "Inbound", "Outbound", "outbound")),
		Access:      rarely(g, 40, "", pick(g, "Allow", "Deny", "deny")),
		Protocol:    rarely(g, 30, "sctp", pick(g, "*", "*", "Tcp", "Udp", "Icmp")),
		SourcePorts: rarely(g, 4, g.ports(), []string{"*"}), Ports: g.ports(), Sources: g.place(), Destinations: g.place(),
	}
	if g.IntN(6) == 0 {
		r.SourceASGs = []string{pick(g, "/web", "/db")}
		r.Sources = rarely(g, 4, r.Sources, nil)
	}
	if g.IntN(6) == 0 {
		r.DestinationASGs = []string{pick(g, "/web", "/db")}
		r.Destinations = rarely(g, 4, r.Destinations, nil)
	}
	return r
}

func (g generator) address() netip.Addr {
	return netip.MustParseAddr(
		pick(g, "10.224.0.4", "10.224.0.5", "10.244.1.5", "10.200.0.1", "20.1.2.3", "52.1.2.3", "168.63.129.16", "169.254.169.254"),
	)
}

func (g generator) packet() Packet {
	p := Packet{
		Protocol: pick(g, "tcp", "tcp", "udp", "icmp"), Source: g.address(), Destination: g.address(),
		Port: pick[uint16](g, 80, 53, 443, 150, 9999, 32526), SourcePort: pick[uint16](g, 0, 0, 50000, 80),
		SourceASGs: pick(g, nil, []string{}, []string{"/WEB"}), DestinationASGs: pick(g, nil, []string{}, []string{"/web", "/db"}),
	}
	if g.IntN(8) == 0 {
		p.Source = netip.MustParseAddr(pick(g, "fd00::4", "2001:db8::1", "2001:db8:1::2"))
		p.Destination = netip.MustParseAddr(pick(g, "fd00::4", "2001:db8::1", "2001:db8:1::2"))
	}
	switch g.IntN(12) {
	case 0:
		p.Source = netip.Addr{}
	case 1:
		p.Destination = netip.Addr{}
	case 2:
		p.Port = 0
	}
	return p
}

func (g generator) sets() (s Sets) {
	if g.IntN(6) > 0 {
		s.VirtualNetwork = []netip.Prefix{netip.MustParsePrefix("10.224.0.0/16"), netip.MustParsePrefix("fd00::/64")}
	}
	s.Possible = pick(g, nil, parsed("10.244.0.0/16"), parsed("10.244.0.0/16", "0.0.0.0/0"))
	if g.IntN(2) == 0 {
		s.Add("Storage", parsed("20.0.0.0/9", "52.1.0.0/16")...)
	}
	if g.IntN(2) == 0 {
		s.Add("Storage.WestEurope", parsed("20.1.0.0/16")...)
	}
	return s
}

func (g generator) groups() (all []Group) {
	for i := range g.IntN(3) {
		group := Group{ID: strconv.Itoa(i)}
		for range g.IntN(6) {
			group.Rules = append(group.Rules, g.rule())
		}
		all = append(all, group)
	}
	return all
}

// TestReferenceAgrees compares Decide with the naive evaluator under all assumptions about what is not known: they agree on what is
// definite, in both directions. NSGTEST_FOR is the duration, NSGTEST_SEED the first seed.
func TestReferenceAgrees(t *testing.T) {
	length, seed := 3*time.Second, uint64(time.Now().UnixNano())
	if s := os.Getenv("NSGTEST_FOR"); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("NSGTEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[Action]int{}
	skipped := 0
	for start := time.Now(); time.Since(start) < length && !t.Failed(); seed++ {
		g := generator{rand.New(rand.NewPCG(seed, 0))}
		p, d, sets, groups := g.packet(), pick(g, Inbound, Outbound), g.sets(), g.groups()
		got := Decide(p, d, sets, groups...)
		if reason := p.unsupported(d); reason != "" {
			if got.Action != Unknown || got.Reason != reason {
				t.Errorf("seed %d: %+v", seed, got)
			}
			continue
		}
		all, ok := outcomes(p, d, sets, groups)
		if !ok {
			skipped++
			continue
		}
		want := Unknown
		for a := range all {
			if len(all) == 1 && a != "" {
				want = a
			}
		}
		counts[want]++
		if got.Action != want {
			b, _ := json.MarshalIndent(groups, "", " ")
			t.Errorf("seed %d: got %+v (rule %+v), want %s of %v\n%+v %s\n%+v\n%s", seed, got, got.Rule, want, all, p, d, sets, b)
		}
		plausible(t, p, got, groups)
	}
	t.Logf("compared %v, too large %d", counts, skipped)
	if !t.Failed() && (counts[Allow] == 0 || counts[Deny] == 0 || counts[Unknown] == 0) {
		t.Error("some action was never compared")
	}
}

// plausible checks what holds for all verdicts.
func plausible(t *testing.T, p Packet, v Verdict, groups []Group) {
	t.Helper()
	if (v.Action == Unknown) != (v.Reason != "") {
		t.Errorf("%s with reason %q", v.Action, v.Reason)
	}
	if v.Reason == "the destination port is not known" && p.Port > 0 || v.Reason == "the source port is not known" && p.SourcePort > 0 {
		t.Errorf("%+v: wrong reason: %s", p, v.Reason)
	}
	if v.Action == Deny && v.Rule == nil || v.Action == Allow && v.Rule == nil && len(groups) > 0 && !v.Platform {
		t.Errorf("%s without a rule", v.Action)
	}
}
