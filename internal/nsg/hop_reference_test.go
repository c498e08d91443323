package nsg

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// hops returns what Hop may return for the destination, as "HOP ADDRESS", by trying lengths for all prefixes that are not known. Tags
// are those of testTags; others are not known, and cover no private address.
func hops(dst netip.Addr, table *RouteTable, n Network) map[string]bool {
	type made struct {
		bits, rank int // of equal lengths, the lowest rank wins
		hop        string
	}
	const none = -1 // the route does not contain the destination
	lengths := []int{none, 1, 8, 9, 12, 13, 16, 24, 31, 32}
	inside := slices.ContainsFunc(n.Prefixes, func(p netip.Prefix) bool { return p.Contains(dst) })
	private := slices.ContainsFunc(parsed("10.0.0.0/8", "100.64.0.0/10"), func(p netip.Prefix) bool { return p.Contains(dst) })
	tagged := func(tag string) []int {
		covers := func(p netip.Prefix) bool { return p.Contains(dst) }
		if all, region, _ := strings.Cut(strings.ToLower(tag), "."); region != "" && testTags[all] != nil {
			if !slices.ContainsFunc(testTags[all], covers) {
				return []int{none}
			}
		}
		known, ok := testTags[strings.ToLower(tag)]
		if !ok && private {
			return []int{none}
		} else if !ok {
			return lengths
		}
		bits := none
		for _, p := range known {
			if p.Contains(dst) && p.Bits() > bits {
				bits = p.Bits()
			}
		}
		return []int{bits}
	}
	all := map[string]bool{}
	var try func(i int, so []made, zero bool)
	finish := func(so []made, zero bool) {
		so = append(so, made{0, 20, "Internet "})
		if private && !zero {
			for _, p := range parsed("10.0.0.0/8", "100.64.0.0/10") {
				if p.Contains(dst) {
					so = append(so, made{p.Bits(), 21, "None "})
				}
			}
		}
		for _, p := range n.Prefixes {
			if p.Contains(dst) {
				so = append(so, made{p.Bits(), 20, "VnetLocal "})
			}
		}
		best := func(so []made) (bits, rank int) {
			bits = none
			for _, m := range so {
				if m.bits > bits || m.bits == bits && m.rank < rank {
					bits, rank = m.bits, m.rank
				}
			}
			return bits, rank
		}
		gateways := []int{none}
		if n.Gateway != Absent && (table == nil || !table.DisableBGP) && !inside {
			gateways = append(lengths, 0)
		}
		for _, g := range gateways {
			with := append(append([]made(nil), so...), made{g, 10, "VirtualNetworkGateway "})
			bits, rank := best(with)
			for _, m := range with {
				if m.bits == bits && m.rank == rank {
					all[m.hop] = true
				}
			}
		}
	}
	try = func(i int, so []made, zero bool) {
		if table == nil || i == len(table.Routes) {
			finish(so, zero)
			return
		}
		r := table.Routes[i]
		hop := string(r.NextHop) + " " + r.NextHopIP
		so = so[:len(so):len(so)]
		if p, err := netip.ParsePrefix(r.Prefix); err == nil {
			if p.Contains(dst) {
				so = append(so, made{p.Bits(), 0, hop})
			}
			try(i+1, so, zero || p.Bits() == 0)
		} else if r.Prefix == "?" {
			for _, bits := range append(lengths, 0) {
				try(i+1, append(so, made{bits, 0, hop}), zero || bits == 0)
			}
		} else {
			rank := map[string]int{"Storage": 2, "Sql": 2, "Sql.EastUS": 1, "AzureCloud": 4, "AzureCloud.EastUS": 3}[r.Prefix]
			for _, bits := range tagged(r.Prefix) {
				try(i+1, append(so, made{bits, rank, hop}), zero)
			}
		}
	}
	try(0, nil, false)
	return all
}

var testTags = map[string][]netip.Prefix{"sql": parsed("52.0.0.0/12", "52.1.0.0/16"), "azurecloud": parsed("52.0.0.0/8", "20.0.0.0/8")}

// TestHopAgrees compares Hop with the naive evaluator under all assumptions about what is not known.
func TestHopAgrees(t *testing.T) {
	counts := map[bool]int{}
	seed := uint64(time.Now().UnixNano())
	for start := time.Now(); time.Since(start) < time.Second && !t.Failed(); seed++ {
		g := generator{rand.New(rand.NewPCG(seed, 0))}
		n := Network{Prefixes: parsed(pick(g, "10.224.0.0/12", "10.0.0.0/8")), Gateway: pick(g, Absent, Absent, Present, "")}
		var routes *RouteTable
		for range g.IntN(4) {
			if routes == nil {
				routes = &RouteTable{ID: "t", DisableBGP: g.IntN(2) == 0}
			}
			r := Route{Name: "r", NextHop: pick(g, None, Internet, Gateway, VnetLocal, VirtualAppliance)}
			r.Prefix = pick(g, "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.224.0.0/12", "10.224.0.4/32", "52.1.2.3/32", "52.1.0.0/16", "20.0.0.0/8",
				"Storage", "Sql", "Sql.EastUS", "AzureCloud", "AzureCloud.EastUS", "?")
			if r.NextHop == VirtualAppliance {
				r.NextHopIP = pick(g, "10.224.9.9", "10.224.9.8")
			}
			routes.Routes = append(routes.Routes, r)
		}
		dst := addr(pick(g, "10.224.0.4", "10.1.2.3", "100.64.1.1", "52.1.2.3", "52.99.2.3", "20.1.2.3", "8.8.8.8"))
		got, all := Hop(dst, routes, n, testTags), hops(dst, routes, n)
		counts[len(all) == 1]++
		if definite := got.NextHop != UnknownHop; definite != (len(all) == 1) || definite && !all[fmt.Sprint(got.NextHop, " ", got.IP)] {
			b, _ := json.MarshalIndent(routes, "", " ")
			t.Errorf("seed %d: %s: got %s, want %v\n%+v\n%s", seed, dst, briefHop(got), all, n, b)
		}
	}
	t.Logf("definite: %v", counts)
}
