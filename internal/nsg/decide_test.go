package nsg

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// vnet is a network whose address space is 10.224.0.0/12, with an overlay of pods in 10.244.0.0/16.
var vnet = Network{Prefixes: parsed("10.224.0.0/12"), Gateway: Absent, Pods: parsed("100.64.0.0/16")}

// kubelet is a packet from another node to this one's kubelet.
var kubelet = Packet{
	Protocol: "TCP", Source: addr("10.224.0.5"), Destination: addr("10.224.0.4"), Port: 10250,
	SourceASGs: []string{}, DestinationASGs: []string{},
}

// read returns a group with rules written as "100 In Deny Tcp SOURCE:PORTS DESTINATION:PORTS"; lists are separated by commas.
func read(id string, lines ...string) Group {
	g := Group{ID: id}
	for i, line := range lines {
		r := Rule{Name: fmt.Sprint("rule", i+1)}
		f := strings.Fields(line)
		_, _ = fmt.Sscan(f[0], &r.Priority)
		r.Direction, r.Access, r.Protocol = f[1]+"bound", f[2], f[3]
		at := func(s string) (addresses, asgs, ports []string) {
			n := strings.LastIndex(s, ":")
			for _, a := range strings.Split(s[:n], ",") {
				if strings.HasPrefix(a, "/") {
					asgs = append(asgs, a)
				} else {
					addresses = append(addresses, a)
				}
			}
			return addresses, asgs, strings.Split(s[n+1:], ",")
		}
		r.Sources, r.SourceASGs, r.SourcePorts = at(f[4])
		r.Destinations, r.DestinationASGs, r.Ports = at(f[5])
		g.Rules = append(g.Rules, r)
	}
	return g
}

// brief returns the verdict in one line.
func brief(v Verdict) string {
	s := string(v.Action)
	if v.Rule != nil {
		s += fmt.Sprintf(" %s/%s %d", v.Group, v.Rule.Name, v.Rule.Priority)
	}
	if v.Platform {
		s += " platform"
	}
	if v.Reason != "" {
		s += ": " + v.Reason
	}
	return s
}

func TestDecide(t *testing.T) {
	with := func(change func(*Packet)) Packet { p := kubelet; change(&p); return p }
	to := func(a string, port uint16) Packet {
		return with(func(p *Packet) { p.Destination, p.Port = addr(a), port })
	}
	from := func(a string) Packet { return with(func(p *Packet) { p.Source = addr(a) }) }
	denyAll := read("s", "4000 In Deny * *:* *:*", "4000 Out Deny * *:* *:*")
	for name, c := range map[string]struct {
		packet    Packet
		direction Direction
		groups    []Group
		want      string
	}{
		"no group":              {kubelet, Inbound, nil, "Allow"},
		"defaults":              {kubelet, Inbound, []Group{{ID: "n"}}, "Allow n/AllowVnetInBound 65000"},
		"defaults out":          {to("20.1.2.3", 443), Outbound, []Group{{ID: "n"}}, "Allow n/AllowInternetOutBound 65001"},
		"defaults from outside": {from("20.1.2.3"), Inbound, []Group{{ID: "n"}}, "Deny n/DenyAllInBound 65500"},
		"denied": {
			kubelet, Inbound, []Group{read("s", "200 In Deny Tcp 10.224.0.0/16:* *:10000-11000", "100 Out Deny * *:* *:*")}, "Deny s/rule1 200",
		},
		"other port":     {kubelet, Inbound, []Group{read("s", "200 In Deny Tcp *:* *:10000-10249,10251")}, "Allow s/AllowVnetInBound 65000"},
		"other protocol": {kubelet, Inbound, []Group{read("s", "200 In Deny Udp *:* *:*")}, "Allow s/AllowVnetInBound 65000"},
		"allowed before": {kubelet, Inbound, []Group{read("s", "300 In Deny * *:* *:*", "200 In Allow * *:* 10.224.0.4:*")}, "Allow s/rule2 200"},
		"both must allow": {
			kubelet, Inbound, []Group{read("s", "100 In Allow * *:* *:*"), read("n", "100 In Deny * *:* *:10250")}, "Deny n/rule1 100",
		},
		"the first denies": {kubelet, Outbound, []Group{denyAll, read("n", "100 Out Allow * *:* *:*")}, "Deny s/rule2 4000"},
		"probe":            {from("168.63.129.16"), Inbound, []Group{denyAll}, "Deny s/rule1 4000"},
		"probe allowed": {
			from("168.63.129.16"), Inbound,
			[]Group{read("s", "100 In Allow * AzureLoadBalancer:* *:*", "200 In Deny * *:* *:*")},
			"Allow s/rule1 100",
		},
		"no probe": {kubelet, Inbound, []Group{read("s", "100 In Deny * AzureLoadBalancer:* *:*")}, "Allow s/AllowVnetInBound 65000"},
		"unknown tag": {
			to("20.1.2.3", 443), Outbound,
			[]Group{read("s", "100 Out Deny * *:* Storage:*")},
			"Unknown s/rule1 100: what is behind the service tag Storage is not known",
		},
		"tag of services": {kubelet, Outbound, []Group{read("s", "100 Out Deny * *:* Storage.WestEurope:*")}, "Allow s/AllowVnetOutBound 65000"},
		"unknown tag that does not matter": {
			to("20.1.2.3", 443), Outbound, []Group{read("s", "100 Out Deny * *:* Storage:*", "200 Out Deny * *:* *:*")}, "Deny s/rule2 200",
		},
		"known tag": {to("52.1.2.3", 443), Outbound, []Group{read("s", "100 Out Deny * *:* sql:*")}, "Deny s/rule1 100"},
		"known tag, outside": {
			to("52.2.2.3", 443), Outbound,
			[]Group{read("s", "100 Out Deny * *:* Sql.WestEurope:*")},
			"Allow s/AllowInternetOutBound 65001",
		},
		"known region, unknown part": {
			to("52.1.2.3", 443), Outbound,
			[]Group{read("s", "100 Out Deny * *:* Sql.WestEurope:*")},
			"Unknown s/rule1 100: what is behind the service tag Sql.WestEurope is not known",
		},
		"pod, possibly in the network": {
			from("100.64.1.5"), Inbound,
			[]Group{read("s", "100 In Allow * VirtualNetwork:* *:*", "200 In Deny * *:* *:*")},
			"Unknown s/rule1 100: whether the service tag VirtualNetwork covers 100.64.1.5 is not known",
		},
		"pod by its CIDR": {
			from("100.64.1.5"), Inbound, []Group{read("s", "100 In Allow * 100.64.0.0/16:* *:*", "200 In Deny * *:* *:*")}, "Allow s/rule1 100",
		},
		"private and outside": {
			to("192.168.1.1", 443), Outbound,
			[]Group{{ID: "s"}},
			"Unknown s/AllowInternetOutBound 65001: whether the service tag Internet covers 192.168.1.1 is not known",
		},
		"source port": {
			kubelet, Inbound, []Group{read("s", "100 In Deny * *:1000-2000 *:*")}, "Unknown s/rule1 100: the source port is not known",
		},
		"source port that does not matter": {
			kubelet, Inbound,
			[]Group{read("s", "100 In Allow * *:1-40000 *:*", "110 In Allow * *:30000-65535 *:*", "200 In Deny * *:* *:*")},
			"Allow s/rule1 100",
		},
		"source ASGs not known": {
			with(func(p *Packet) { p.SourceASGs = nil }), Inbound,
			[]Group{read("s", "100 In Deny * /web:* *:*")},
			"Unknown s/rule1 100: the application security groups of the source are not known",
		},
		"destination ASG": {
			with(func(p *Packet) { p.DestinationASGs = []string{"/WEB"} }), Inbound,
			[]Group{read("s", "100 In Deny * *:* /web:*")},
			"Deny s/rule1 100",
		},
		"other ASG": {kubelet, Inbound, []Group{read("s", "100 In Deny * *:* /web:*")}, "Allow s/AllowVnetInBound 65000"},
		"unreadable prefix": {
			kubelet, Inbound,
			[]Group{read("s", "100 In Deny * 10.224.0.0/99:* *:*")},
			`Unknown s/rule1 100: the address "10.224.0.0/99" cannot be read`,
		},
		"unreadable port": {
			kubelet, Inbound,
			[]Group{read("s", "100 In Deny * *:* *:90-80")},
			`Unknown s/rule1 100: the port "90-80" cannot be read`,
		},
		"unreadable access": {
			kubelet, Inbound,
			[]Group{read("s", "100 In Block * *:* *:*")},
			`Unknown s/rule1 100: the access "Block" cannot be read`,
		},
		"unreadable protocol": {
			kubelet, Inbound,
			[]Group{read("s", "100 In Deny 6 *:* *:*")},
			`Unknown s/rule1 100: the protocol "6" cannot be read`,
		},
		"unreadable direction": {
			kubelet, Inbound, []Group{read("s", "100 x Deny * *:* *:*")}, `Unknown s/rule1 100: the direction "xbound" cannot be read`,
		},
		"invalid priority": {kubelet, Inbound, []Group{read("s", "0 In Deny * *:* *:*")}, "Unknown s/rule1 0: the priority 0 is not valid"},
		"equal priorities": {
			kubelet, Inbound,
			[]Group{read("s", "100 In Deny * *:* *:*", "100 In Allow * *:* *:*")},
			"Unknown s/rule1 100: which of the rules with priority 100 comes first is not known",
		},
		"equal priorities that do not matter": {
			kubelet, Inbound, []Group{read("s", "100 In Deny * *:* *:*", "100 In Deny * *:* *:10250")}, "Deny s/rule2 100",
		},
		"missing fields": {
			kubelet, Inbound,
			[]Group{{"s", []Rule{{Name: "a", Priority: 100, Direction: "Inbound", Access: "Deny", Protocol: "*"}}}},
			"Unknown s/a 100: a rule without addresses cannot be evaluated",
		},
		"own defaults": {
			kubelet, Inbound, []Group{read("s", "65000 In Allow * *:* *:80", "65500 In Deny * *:* *:80")}, "Unknown: no rule matches",
		},
		"unknown source": {
			with(func(p *Packet) { p.Source = netip.Addr{} }), Inbound,
			[]Group{read("s", "100 In Allow * Internet:* *:*", "200 In Deny * 10.0.0.0/8:* *:*")},
			"Unknown s/rule1 100: the source address is not known",
		},
		"unknown source that does not matter": {
			with(func(p *Packet) { p.Source = netip.Addr{} }), Inbound,
			[]Group{read("s", "100 In Deny * 10.0.0.0/8:* *:*", "200 In Deny * *:* *:*")},
			"Deny s/rule2 200",
		},
		"unknown source after a prefix": {
			with(func(p *Packet) { p.Source = netip.Addr{} }), Inbound,
			[]Group{read("s", "100 In Allow * 10.0.0.0/16:* *:*", "200 In Deny * 10.0.0.0/8:* *:*", "300 In Allow * *:* *:*")},
			"Unknown s/rule2 200: the source address is not known",
		},
		"DHCP": {
			with(func(p *Packet) { p.Protocol, p.Destination, p.Port = "udp", hostAddress, 67 }), Outbound, []Group{denyAll}, "Allow platform",
		},
		"DNS": {to("168.63.129.16", 53), Outbound, []Group{denyAll}, "Allow platform"},
		"DNS disabled": {
			to("168.63.129.16", 53), Outbound,
			[]Group{read("s", "100 Out Deny * *:* AzurePlatformDNS:*")},
			"Deny s/rule1 100 platform",
		},
		"metadata": {to("169.254.169.254", 80), Outbound, []Group{denyAll, {ID: "n"}}, "Allow platform"},
		"metadata disabled": {
			to("169.254.169.254", 80), Outbound,
			[]Group{{ID: "n"}, read("s", "100 Out Deny * *:* AzurePlatformIMDS:*")},
			"Deny s/rule1 100 platform",
		},
		"VM agent":               {to("168.63.129.16", 32526), Outbound, []Group{denyAll}, "Allow platform"},
		"other port of the host": {to("168.63.129.16", 443), Outbound, []Group{denyAll}, "Deny s/rule2 4000"},
		"any port of the host":   {to("168.63.129.16", 0), Outbound, []Group{denyAll}, "Unknown s/rule2 4000: the destination port is not known"},
		"icmp": {
			with(func(p *Packet) { p.Protocol = "icmp" }), Inbound,
			[]Group{read("s", "100 In Deny Icmp *:* *:*")},
			"Deny s/rule1 100",
		},
		"icmp and ports": {
			with(func(p *Packet) { p.Protocol = "icmp" }), Inbound,
			[]Group{read("s", "100 In Deny * *:* *:80")},
			"Unknown s/rule1 100: whether a rule with ports matches ICMP is not known",
		},
		"families":  {from("fd00::1"), Inbound, nil, "Unknown: the source and destination addresses are of different families"},
		"protocol":  {with(func(p *Packet) { p.Protocol = "sctp" }), Inbound, nil, `Unknown: unsupported protocol "sctp"`},
		"direction": {kubelet, "in", nil, `Unknown: unsupported direction "in"`},
		"IPv6 and 0/0": {
			with(func(p *Packet) { p.Source, p.Destination = addr("2001:db8::1"), addr("fd00::1") }), Inbound,
			[]Group{read("s", "100 In Allow * 0.0.0.0/0:* *:*")},
			"Unknown s/rule1 100: whether 0.0.0.0/0 covers IPv6 addresses is not known",
		},
		"IPv4-mapped": {from("::ffff:10.224.0.5"), Inbound, []Group{{ID: "n"}}, "Allow n/AllowVnetInBound 65000"},
	} {
		t.Run(name, func(t *testing.T) {
			sets := vnet.Sets(nil, nil)
			sets.Add("Sql", parsed("52.1.0.0/16")...)
			if diff := cmp.Diff(c.want, brief(Decide(c.packet, c.direction, sets, c.groups...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNothingKnown holds that no tag is certain if the network is not known, but that the rules for it complement each other.
func TestNothingKnown(t *testing.T) {
	p := kubelet
	want := "Unknown n/AllowVnetInBound 65000: whether the service tag VirtualNetwork covers 10.224.0.4 is not known"
	if got := brief(Decide(p, Inbound, Sets{}, Group{ID: "n"})); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p.Destination = addr("20.1.2.3")
	if got := brief(Decide(p, Outbound, Sets{VirtualNetwork: parsed("10.224.0.0/12"), Possible: parsed("0.0.0.0/0")}, Group{ID: "n"})); got !=
		"Allow n/AllowInternetOutBound 65001" {
		t.Error(got)
	}
}

// TestTooLarge holds that a group of any size is evaluated in bounded time.
func TestTooLarge(t *testing.T) {
	g := Group{ID: "s"}
	for i := range 4000 {
		r := read("", fmt.Sprintf("%d In %s * *:%d,%d,x 10.0.0.0/8,x%d,y:*", 100+i%4000, []string{"Allow", "Deny"}[i%2], i+1, i+7, i)).Rules[0]
		r.SourceASGs, r.Destinations = []string{"/" + fmt.Sprint(i)}, []string{fmt.Sprint(i), "1.1.1.1/77"}
		g.Rules = append(g.Rules, r)
	}
	p := kubelet
	p.Source, p.SourceASGs, p.Port = netip.Addr{}, nil, 0
	if v := Decide(p, Inbound, Sets{}, g, g); v.Action != Unknown || v.Reason == "" {
		t.Errorf("got %s", brief(v))
	}
}

// TestMappedPrefixes holds that prefixes of IPv4-mapped addresses are those of IPv4.
func TestMappedPrefixes(t *testing.T) {
	sets := Sets{VirtualNetwork: []netip.Prefix{netip.PrefixFrom(addr("::ffff:10.224.0.0"), 108)}}
	if got := brief(Decide(kubelet, Inbound, sets, Group{ID: "n"})); got != "Allow n/AllowVnetInBound 65000" {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	want := read("s", "100 In Deny Tcp 10.0.0.0/8,/web:* Internet:80,90-99")
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Group
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
