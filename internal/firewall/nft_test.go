package firewall

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNft(t *testing.T) {
	rs, err := ParseNft([]byte(read(t, "nft.json")))
	if err != nil {
		t.Fatal(err)
	}
	to := func(port uint16) Packet { p := kubelet; p.Port = port; return p }
	outside, six, udp, eth1 := kubelet, kubelet, kubelet, kubelet
	outside.Source = netip.MustParseAddr("10.100.0.1")
	six.Source, six.Destination = netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")
	udp.Protocol, eth1.In = "UDP", "eth1"
	for name, c := range map[string]struct {
		packet Packet
		want   string
	}{
		"sets, late":        {kubelet, "drop [inet guard late]/1 ip saddr @nodes tcp dport @ports ct state new drop"},
		"another source":    {outside, "accept"},
		"another interface": {eth1, "drop [inet guard pre]/1 iifname eth1 drop"},
		"policy of ip6":     {six, "drop [ip6 six in]/0 type filter hook input priority 0; policy drop;"},
		"udp":               {udp, "drop [ip early in]/3 udp dport 10250 drop"},
		"limit": {
			Packet{"tcp", outside.Source, outside.Destination, 10255, "eth0", ""},
			"unknown [ip early in]/1 tcp dport 10255 limit burst 5 per second rate 5 drop: limit burst 5 per second rate 5",
		},
		"limit, dropped yet": {Packet{"tcp", eth1.Source, eth1.Destination, 10255, "eth1", ""}, "drop [inet guard pre]/1 iifname eth1 drop"},
		"accepted, dropped":  {to(22), "drop [inet guard late]/1 ip saddr @nodes tcp dport @ports ct state new drop"},
		"vmap":               {to(9100), "drop [ip early in]/2 tcp dport vmap { 22 : accept, 8000 : jump r, 9000-9999 : drop }"},
		"vmap, jump":         {to(8000), "reject [ip early in ip early r]/1 tcp flags & syn,ack syn reject type tcp reset"},
		"mark":               {to(7000), "reject [ip early in]/5 meta mark & 1 1 tcp dport 7000 reject expr port-unreachable type icmp"},
		"nothing":            {to(7001), "accept"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := brief(Decide(c.packet, Input, rs)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestNftErrors(t *testing.T) {
	for _, text := range []string{
		"", "{}", "[]", "nft: command not found", `{"nftables": [{"chain": {"family": "ip", "name": "x"}}]}`,
		`{"nftables": [{"rule": {"family": "ip", "table": "t", "chain": "x", "expr": []}}]}`,
		`{"nftables": [{"chain": {"family": "ip", "table": "t", "name": "x"}}, {"chain": {"family": "ip", "table": "t", "name": "x"}}]}`,
		`{"nftables": [{"rule": {"family": "ip", "table": "t", "chain": 3}}]}`,
	} {
		if _, err := ParseNft([]byte(text)); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
	if rs, err := ParseNft([]byte(`{"nftables": []}`)); err != nil || Decide(kubelet, Input, rs).Action != Accept {
		t.Errorf("no tables: %v", err)
	}
}

func TestDormant(t *testing.T) {
	rs, err := ParseNft([]byte(`{"nftables": [{"table": {"family": "ip", "name": "t", "flags": "dormant"}},
		{"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if v := Decide(kubelet, Input, rs); v.Action != Accept {
		t.Error(brief(v))
	}
}

// TestNftUnknown: an unknown statement may do anything, and an unknown expression may match.
func TestNftUnknown(t *testing.T) {
	for expr, want := range map[string]Action{
		`{"frobnicate": null}, {"accept": null}`: Unknown,
		`{"xt": null}, {"accept": null}`:         Unknown,
		`{"match": {"op": "==", "left": {"payload": {"protocol": "icmp", "field": "type"}}, "right": 8}}, {"xt": null}`:       Accept,
		`{"match": {"op": "==", "left": {"meta": {"key": "skuid"}}, "right": 0}}, {"drop": null}`:                             Unknown,
		`{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": "@no"}}, {"drop": null}`: Unknown,
		`{"jump": {"target": "no"}}`: Unknown,
		`{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": "@no"}}`: Unknown,
		`{"dnat": {"addr": "10.0.0.1"}}`: Unknown,
		`{"mangle": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "value": 1}}`:                            Unknown,
		`{"match": {"op": "~", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 1}}, {"drop": null}`: Unknown,
	} {
		rs, err := ParseNft([]byte(`{"nftables": [
			{"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
			{"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 2, "expr": [` + expr + `]}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if v := Decide(kubelet, Input, rs); v.Action != want {
			t.Errorf("%s: %s", expr, brief(v))
		}
	}
}

// TestBounds: a set that contains itself, and chains that jump to each other many times, take bounded time.
func TestBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("*filter\n:INPUT ACCEPT\n")
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		b.WriteString(":" + string(c) + " -\n")
	}
	b.WriteString("-A INPUT -j a\n")
	for c := 'a'; c < 'z'; c++ {
		for range 9 {
			b.WriteString("-A " + string(c) + " -m limit -j " + string(c+1) + "\n")
		}
	}
	b.WriteString("COMMIT\n")
	if v := Decide(kubelet, Input, saved4(t, IPTables, b.String())); v.Action != Unknown {
		t.Error(brief(v))
	}
	for _, elements := range []string{`"@s"`, `{"set": ["@s"]}`, `{"elem": {"val": "@s"}}`} {
		rs, err := ParseNft([]byte(`{"nftables": [
			{"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
			{"set": {"family": "ip", "table": "t", "name": "s", "elem": [` + elements + `]}},
			{"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [
				{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": "@s"}}, {"drop": null}]}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if v := Decide(kubelet, Input, rs); v.Action != Unknown {
			t.Error(brief(v))
		}
	}
}
