package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/test/e2e/faults"
)

// azureTrialPorts are the destination ports of random packets. Rules about all other ports are the same in each group, so that the
// cluster goes on.
const firstTrialPort, lastTrialPort = 20000, 20007

// azurePath is a way of packets through the switch: from a machine to an address, with the nodes at both ends, or -1.
type azurePath struct {
	from                string
	source, destination netip.Addr
	out, in             int
}

// TestAzureRandom compares package nsg with the switch: random network security groups on the subnet and the NICs, and real SYNs.
// AKSTOOLS_PACKETS is the least number of packets.
func TestAzureRandom(t *testing.T) {
	l := theLab(t)
	least := 0
	if whole() {
		least = 3000
	}
	if n, err := strconv.Atoi(os.Getenv("AKSTOOLS_PACKETS")); err == nil {
		least = n
	}
	if least == 0 {
		t.Skip("only in the whole corpus (make faults), or with AKSTOOLS_PACKETS")
	}
	a := l.azure(t)
	t.Cleanup(func() { a.reset(t) })
	a.reset(t)
	counts := map[nsg.Action]int{}
	for seed := uint64(1); counts[nsg.Allow]+counts[nsg.Deny]+counts[nsg.Unknown] < least && !t.Failed(); seed++ {
		a.randomGroups(t, rand.New(rand.NewPCG(seed, 0)), seed, counts)
	}
	t.Logf("%d packets allowed, %d denied, %d unknown", counts[nsg.Allow], counts[nsg.Deny], counts[nsg.Unknown])
	if counts[nsg.Allow] == 0 || counts[nsg.Deny] == 0 {
		t.Error("one outcome was never compared")
	}
}

// randomGroups puts random groups in place and compares what becomes of packets.
func (a azureLab) randomGroups(t *testing.T, r *rand.Rand, seed uint64, counts map[nsg.Action]int) {
	t.Helper()
	rules := map[string][]faults.AzureRule{}
	groups := map[string]nsg.Group{}
	for _, name := range []string{"nsg-nodes", "nsg-nic0", "nsg-nic1"} {
		rules[name] = randomRules(r)
		a.group(t, azureNetwork+"networkSecurityGroups/"+name, rules[name])
		groups[name] = evaluated(name, rules[name])
	}
	a.edit(t, azureSubnet, func(p map[string]any) {
		p["networkSecurityGroup"] = reference(azureNetwork + "networkSecurityGroups/nsg-nodes")
	})
	for node := range 2 {
		a.edit(t, azureMachines+fmt.Sprint(node)+azureNIC, func(p map[string]any) {
			p["networkSecurityGroup"] = reference(azureNetwork + "networkSecurityGroups/nsg-nic" + fmt.Sprint(node))
		})
	}
	network := nsg.Network{
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.220.0.16/28"), netip.MustParsePrefix("10.220.0.32/28")}, Gateway: nsg.Absent,
		Pods: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")},
	}
	for _, path := range azurePaths(a.Nodes()) {
		passed := a.send(t, path)
		for port := firstTrialPort; port <= lastTrialPort; port++ {
			want := nsg.Allow
			p := nsg.Packet{
				Protocol: "tcp", Source: path.source, Destination: path.destination, Port: uint16(port),
				SourceASGs: []string{}, DestinationASGs: []string{},
			}
			for _, level := range path.levels(groups) {
				v := nsg.Decide(p, level.direction, network.Sets(nil, nil), level.groups...)
				if v.Action != nsg.Allow && want != nsg.Deny {
					want = v.Action
				}
			}
			counts[want]++
			if want != nsg.Unknown && passed[port] != (want == nsg.Allow) {
				t.Errorf(
					"seed %d: %s from %s to %s:%d, passed: %v\n%+v",
					seed,
					want,
					path.source,
					path.destination,
					port,
					passed[port],
					rules,
				)
			}
		}
	}
}

func azurePaths(nodes []string) []azurePath {
	addr := netip.MustParseAddr
	n0, n1 := addr("10.220.0.20"), addr("10.220.0.21")
	return []azurePath{
		{nodes[0], n0, n1, 0, 1},
		{nodes[1], n1, n0, 1, 0},
		{nodes[0], n0, addr("10.220.0.40"), 0, -1},
		{nodes[1], n1, addr("10.220.0.10"), 1, -1},
		{"client", addr("10.220.0.30"), n0, -1, 0},
		{"appliance", addr("10.220.0.40"), n1, -1, 1},
		{"azure", addr("168.63.129.16"), n0, -1, 0},
		{"control-plane", addr("10.220.0.10"), n1, -1, 1},
	}
}

type azureLevel struct {
	direction nsg.Direction
	groups    []nsg.Group
}

// levels returns the groups on the path, in the order in which they apply.
func (p azurePath) levels(groups map[string]nsg.Group) (all []azureLevel) {
	if p.out >= 0 {
		all = append(all, azureLevel{nsg.Outbound, []nsg.Group{groups[fmt.Sprintf("nsg-nic%d", p.out)], groups["nsg-nodes"]}})
	}
	if p.in >= 0 {
		all = append(all, azureLevel{nsg.Inbound, []nsg.Group{groups["nsg-nodes"], groups[fmt.Sprintf("nsg-nic%d", p.in)]}})
	}
	return all
}

// send sends a SYN to each port at once. Nothing listens there: a port that is reached answers with a reset.
func (a azureLab) send(t *testing.T, p azurePath) map[int]bool {
	t.Helper()
	const script = `for port in $(seq "$2" "$3"); do
  { timeout 0.7 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" "$port" 2>/dev/null; echo "$port $?"; } &
done
wait`
	out := a.on(t, p.from, "bash", "-c", script, "-", p.destination.String(), fmt.Sprint(firstTrialPort), fmt.Sprint(lastTrialPort))
	passed := map[int]bool{}
	for line := range strings.Lines(out) {
		var port, code int
		if _, err := fmt.Sscan(line, &port, &code); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		passed[port] = code != 124 // that of timeout(1)
	}
	if len(passed) != lastTrialPort-firstTrialPort+1 {
		t.Fatalf("%d answers: %s", len(passed), out)
	}
	return passed
}

// randomRules returns rules for the ports of the trial, after rules that allow everything else.
func randomRules(r *rand.Rand) []faults.AzureRule {
	others := []string{fmt.Sprintf("0-%d", firstTrialPort-1), fmt.Sprintf("%d-65535", lastTrialPort+1)}
	all := []faults.AzureRule{}
	any := []string{"*"}
	for _, direction := range []string{"Inbound", "Outbound"} {
		all = append(all, faults.AzureRule{
			Name: "others-" + direction, Direction: direction, Access: "Allow", Protocol: "*", Priority: 100, Sources: any,
			Destinations: any, Ports: others,
		})
		for i := range r.IntN(7) {
			all = append(all, faults.AzureRule{
				Name: fmt.Sprintf("%s-%d", direction, i), Direction: direction, Access: pick(r, "Allow", "Deny"),
				Protocol: pick(r, "Tcp", "Tcp", "*", "Udp", "Icmp"), Priority: 110 + 10*i + r.IntN(10),
				Sources: randomAddresses(r), Destinations: randomAddresses(r), Ports: randomPorts(r),
			})
		}
	}
	return all
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomAddresses(r *rand.Rand) []string {
	if r.IntN(2) == 0 {
		return []string{pick(r, "*", "*", "VirtualNetwork", "AzureLoadBalancer", "Internet")}
	}
	var all []string
	for range 1 + r.IntN(3) {
		all = append(
			all,
			pick(r, "10.220.0.20", "10.220.0.21/32", "10.220.0.16/28", "10.220.0.0/24", "10.220.0.40", "10.220.0.8/29", "10.0.0.0/8",
				"168.63.129.16/32", "192.0.2.0/24", "10.220.0.30"),
		)
	}
	return all
}

func randomPorts(r *rand.Rand) []string {
	if r.IntN(3) == 0 {
		return []string{"*"}
	}
	var all []string
	for range 1 + r.IntN(2) {
		low := firstTrialPort + r.IntN(lastTrialPort-firstTrialPort+1)
		high := min(lastTrialPort, low+r.IntN(4))
		if low == high {
			all = append(all, fmt.Sprint(low))
			continue
		}
		all = append(all, fmt.Sprintf("%d-%d", low, high))
	}
	return all
}

// evaluated returns the group as internal/azure reads it.
func evaluated(name string, rules []faults.AzureRule) nsg.Group {
	g := nsg.Group{ID: name, Rules: append(nsg.Defaults(nsg.Inbound), nsg.Defaults(nsg.Outbound)...)}
	for _, r := range rules {
		g.Rules = append(g.Rules, nsg.Rule{
			Name: r.Name, Priority: r.Priority, Direction: r.Direction, Access: r.Access, Protocol: r.Protocol, SourcePorts: []string{"*"},
			Ports: r.Ports, Sources: r.Sources, Destinations: r.Destinations,
		})
	}
	return g
}
