package firewall

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func saved4(t *testing.T, backend, text string) *Ruleset {
	t.Helper()
	rs, err := ParseIptables(backend, text)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// filter returns an iptables-save of the table filter, with the user-defined chain MINE.
func filter(policy string, rules ...string) string {
	return "*filter\n:INPUT " + policy + " [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:MINE - [0:0]\n" +
		strings.Join(rules, "\n") + "\nCOMMIT\n"
}

// kubelet is a packet from another node to this one's kubelet.
var kubelet = Packet{
	Protocol: "tcp", Source: netip.MustParseAddr("10.224.0.5"), Destination: netip.MustParseAddr("10.224.0.4"), Port: 10250, In: "eth0",
}

// brief returns the verdict in one line.
func brief(v Verdict) string {
	s := string(v.Action)
	if v.Rule != nil {
		s += fmt.Sprintf(" %s/%d %s", v.Path, v.Rule.Number, v.Rule.Text)
	}
	if v.Ufw {
		s += " (ufw)"
	}
	if v.Reason != "" {
		s += ": " + v.Reason
	}
	return s
}

func TestIptables(t *testing.T) {
	quoting := `-A MINE -m multiport --dports 22,10000:11000 -m comment --comment "a \"b\" -j ACCEPT" -j REJECT --reject-with tcp-reset`
	nobody := kubelet
	nobody.In, nobody.Source = "", netip.Addr{}
	for name, c := range map[string]struct {
		text string
		from Packet
		want string
	}{
		"empty":    {"", kubelet, "accept"},
		"no rules": {filter("ACCEPT"), kubelet, "accept"},
		"drop": {
			filter("ACCEPT", "-A INPUT -p tcp -m tcp --dport 10250 -j DROP"), kubelet,
			"drop [filter INPUT]/1 -A INPUT -p tcp -m tcp --dport 10250 -j DROP",
		},
		"other port": {filter("ACCEPT", "-A INPUT -p tcp -m tcp --dport 10255 -j DROP"), kubelet, "accept"},
		"policy":     {filter("DROP"), kubelet, "drop [filter INPUT]/0 -P INPUT DROP"},
		"accepted before": {
			filter("DROP", "-A INPUT -i lo -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 10250 -j ACCEPT", "-A INPUT -j DROP"), kubelet,
			"accept [filter INPUT]/2 -A INPUT -p tcp -m tcp --dport 10250 -j ACCEPT",
		},
		"reject in a chain": {
			filter("ACCEPT", "-A INPUT -p tcp -j MINE", "-A MINE ! -s 10.0.0.0/8 -j RETURN", quoting), kubelet,
			"reject [filter INPUT filter MINE]/2 " + quoting,
		},
		"goto does not return": {
			filter("DROP", "-A INPUT -g MINE", "-A INPUT -j ACCEPT", "-A MINE -p udp -j ACCEPT"), kubelet,
			"drop [filter INPUT]/0 -P INPUT DROP",
		},
		"limit is unknown": {
			filter("DROP", "-A INPUT -p tcp -m limit --limit 5/min -j ACCEPT"), kubelet,
			"unknown [filter INPUT]/1 -A INPUT -p tcp -m limit --limit 5/min -j ACCEPT: -m limit --limit 5/min",
		},
		"limit does not matter": {filter("DROP", "-A INPUT -m limit --limit 5/min -j REJECT"), kubelet, "drop [filter INPUT]/0 -P INPUT DROP"},
		"unknown interface": {
			filter("ACCEPT", "-A INPUT -i eth1 -j DROP"), nobody,
			"unknown [filter INPUT]/1 -A INPUT -i eth1 -j DROP: -i eth1",
		},
		"unknown source": {
			filter("ACCEPT", "-A INPUT -s 10.0.0.0/8 -j LOG", "-A INPUT -s 10.0.0.0/8 -j DROP"), nobody,
			"unknown [filter INPUT]/2 -A INPUT -s 10.0.0.0/8 -j DROP: -s 10.0.0.0/8",
		},
		"mark": {
			filter("ACCEPT", "-A INPUT -p tcp -j MARK --set-xmark 0x8000/0x8000", "-A INPUT -m mark --mark 0x8000/0x8000 -j DROP"), kubelet,
			"drop [filter INPUT]/2 -A INPUT -m mark --mark 0x8000/0x8000 -j DROP",
		},
		"loop": {filter("ACCEPT", "-A INPUT -j MINE", "-A MINE -j MINE"), kubelet, "unknown: chains jump to each other in a loop"},
		"unknown target": {
			filter("ACCEPT", "-A INPUT -j NFQUEUE --queue-num 1"), kubelet,
			"unknown [filter INPUT]/1 -A INPUT -j NFQUEUE --queue-num 1: -j NFQUEUE: unknown target",
		},
		"table not printed": {
			"# Table `filter' is incompatible, use 'nft' tool.\n", kubelet,
			"unknown: iptables-save cannot print table filter",
		},
		"redirected": {
			"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 10250 -j REDIRECT --to-ports 1\nCOMMIT\n", kubelet,
			"unknown [nat PREROUTING]/1 -A PREROUTING -p tcp -m tcp --dport 10250 -j REDIRECT --to-ports 1: -j REDIRECT: it changes the destination",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := brief(Decide(c.from, Input, saved4(t, IPTables, c.text))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRealNodes(t *testing.T) {
	wireserver := kubelet
	wireserver.In, wireserver.Out, wireserver.Port = "", "eth0", 80
	wireserver.Source, wireserver.Destination = kubelet.Destination, netip.MustParseAddr("168.63.129.16")
	fromPod := wireserver
	fromPod.Source, fromPod.In = netip.MustParseAddr("10.244.1.7"), "azv1"
	to := func(p Packet, port uint16) Packet { p.Port = port; return p }
	recent := "-m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource"
	for _, c := range []struct {
		file   string
		packet Packet
		way    Hook
		want   string
	}{
		{"kube-iptables.save", kubelet, Input, "accept"},
		{
			"kube-iptables.save", to(kubelet, 32000), Input,
			"accept [filter INPUT filter KUBE-NODEPORTS]/1 -A KUBE-NODEPORTS -p tcp -m comment " +
				"--comment \"default/lb:http health check node port\" -m tcp --dport 32000 -j ACCEPT",
		},
		{"kube-iptables.save", fromPod, Forward, "drop [filter FORWARD]/5 -A FORWARD -d 168.63.129.16/32 -p tcp -m tcp --dport 80 -j DROP"},
		{
			"kube-iptables.save", to(wireserver, 53), Output,
			"accept [security OUTPUT]/1 -A OUTPUT -d 168.63.129.16/32 -p tcp -m tcp --dport 53 -j ACCEPT",
		},
		{
			"kube-iptables.save", wireserver, Output,
			"unknown [security OUTPUT]/2 -A OUTPUT -d 168.63.129.16/32 -p tcp -m owner --uid-owner 0 -j ACCEPT: -m owner --uid-owner 0",
		},
		{"ufw-disabled.save", kubelet, Input, "accept"},
		{"ufw-enabled.save", kubelet, Input, "drop [filter INPUT]/0 -P INPUT DROP (ufw)"},
		{
			"ufw-rules.save", kubelet, Input,
			"accept [filter INPUT filter ufw-before-input filter ufw-user-input]/1 -A ufw-user-input -p tcp -m tcp --dport 10250 -j ACCEPT (ufw)",
		},
		{
			"ufw-rules.save", to(kubelet, 999), Input,
			"drop [filter INPUT filter ufw-before-input filter ufw-user-input]/6 -A ufw-user-input -p tcp -m tcp --dport 999 -j DROP (ufw)",
		},
		{
			"ufw-rules.save", to(kubelet, 22), Input,
			"unknown [filter INPUT filter ufw-before-input filter ufw-user-input]/3 -A ufw-user-input -p tcp -m tcp --dport 22 " +
				"-m conntrack --ctstate NEW " + recent + " -j ufw-user-limit (ufw): " + recent,
		},
	} {
		v := Decide(c.packet, c.way, saved4(t, IPTables, read(t, c.file)))
		if got := brief(v); got != c.want {
			t.Errorf("%s, port %d:\ngot  %s\nwant %s", c.file, c.packet.Port, got, c.want)
		}
		unnamed := c.packet
		unnamed.In, unnamed.Out = "", ""
		if got := Decide(unnamed, c.way, saved4(t, IPTables, read(t, c.file))); got.Action != v.Action {
			t.Errorf("%s, port %d, without interfaces: %s", c.file, c.packet.Port, brief(got))
		}
	}
}

// TestTwice: on a node with both backends, nft lists the tables of iptables-nft too, partly in a form that cannot be parsed.
func TestTwice(t *testing.T) {
	nft, err := ParseNft([]byte(read(t, "kube-nft.json")))
	if err != nil {
		t.Fatal(err)
	}
	now, legacy := saved4(t, IPTables, read(t, "kube-iptables.save")), saved4(t, IPTablesLegacy, read(t, "kube-iptables-legacy.save"))
	if v := Decide(kubelet, Input, now, legacy, nft); v.Action != Accept {
		t.Error(brief(v))
	}
	dropping := saved4(t, IPTablesLegacy, filter("ACCEPT", "-A INPUT -p tcp -m tcp --dport 10250 -j DROP"))
	want := Verdict{Action: Drop, Path: []string{"filter INPUT"}, Rule: &Rule{
		Backend: IPTablesLegacy, Family: "ip", Table: "filter", Chain: "INPUT", Number: 1, Text: "-A INPUT -p tcp -m tcp --dport 10250 -j DROP",
	}}
	if diff := cmp.Diff(want, Decide(kubelet, Input, now, dropping, nft)); diff != "" {
		t.Error(diff)
	}
}

func TestIptablesErrors(t *testing.T) {
	for _, text := range []string{
		"bash: iptables-save: command not found", "*filter\n:INPUT ACCEPT [0:0]\n", "*filter\n-A INPUT -j DROP\nCOMMIT\n",
		"*filter\n:INPUT\nCOMMIT\n", "*filter\n:MINE DROP\nCOMMIT\n", "*filter\n:INPUT ACCEPT\n:INPUT ACCEPT\nCOMMIT\n",
		"*filter\n:INPUT ACCEPT\n-A INPUT -m comment --comment \"open\nCOMMIT\n", "*filter\n:INPUT ACCEPT\n-P INPUT DROP\nCOMMIT\n",
	} {
		if _, err := ParseIptables(IPTables, text); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
	if _, err := ParseIptables("firewalld", ""); err == nil {
		t.Error("no error for an unknown backend")
	}
}
