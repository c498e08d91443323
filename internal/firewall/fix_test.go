package firewall

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/cmdline"
)

func TestFix(t *testing.T) {
	policy := func(rules ...string) string { return filter("DROP", rules...) }
	for name, c := range map[string]struct {
		backend, text string
		port          uint16
		want          []string // commands, their arguments separated by |
	}{
		"a rule of the port with words for a shell": {
			IPTables, policy(`-A INPUT -p tcp -m tcp --dport 10250 -m comment --comment "a \"b\"" -j DROP`), 10250,
			[]string{`iptables|-t|filter|-D|INPUT|1`},
		},
		"a rule of the port with a comment": {
			IPTables, policy(`-A INPUT -p tcp -m tcp --dport 10250 -m comment --comment "a b" -j DROP`), 10250,
			[]string{`iptables|-t|filter|-D|INPUT|-p|tcp|-m|tcp|--dport|10250|-m|comment|--comment|a b|-j|DROP`},
		},
		"in a chain": {
			IPTablesLegacy, policy("-A INPUT -j MINE", "-A MINE -s 10.0.0.0/8 -p tcp -m multiport --dports 10250 -j REJECT"), 10250,
			[]string{"iptables-legacy|-t|filter|-D|MINE|-s|10.0.0.0/8|-p|tcp|-m|multiport|--dports|10250|-j|REJECT"},
		},
		"a rule of more": {
			IPTables, policy("-A INPUT -p udp -j DROP", "-A INPUT -s 10.0.0.0/8 -j DROP"), 10250,
			[]string{"iptables|-t|filter|-I|INPUT|2|-p|tcp|--dport|10250|-j|ACCEPT"},
		},
		"all but another port": {
			IPTables, policy("-A INPUT -p tcp -m tcp ! --dport 22 -j DROP"), 10250,
			[]string{"iptables|-t|filter|-I|INPUT|1|-p|tcp|--dport|10250|-j|ACCEPT"},
		},
		"a rule with an option that runs a program": {
			IPTables, policy("-A INPUT -p udp -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 10250 -j DROP --modprobe=/var/tmp/x"), 10250,
			[]string{"iptables|-t|filter|-D|INPUT|2"},
		},
		"a policy":      {IPTables, policy(), 10250, []string{"iptables|-t|filter|-I|INPUT|1|-p|tcp|--dport|10250|-j|ACCEPT"}},
		"ufw's default": {IPTables, read(t, "ufw-enabled.save"), 10250, []string{"ufw|allow|10250/tcp"}},
		"a rule of ufw's": {
			IPTables, read(t, "ufw-rules.save"), 999,
			[]string{"ufw|allow|999/tcp", "ufw|delete|allow|999/tcp", "ufw|prepend|allow|999/tcp"},
		},
		"a port that ufw skips": {IPTables, read(t, "ufw-enabled.save"), 445, []string{"ufw|allow|445/tcp"}},
		"nothing to fix":        {IPTables, filter("ACCEPT"), 10250, nil},
		"unknown":               {IPTables, policy("-A INPUT -m limit -j ACCEPT"), 10250, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := kubelet
			p.Port = c.port
			var got []string
			for _, command := range Decide(p, Input, saved4(t, c.backend, c.text)).Fix(p) {
				got = append(got, strings.Join(command.Argv(), "|"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFixNft(t *testing.T) {
	p := kubelet
	for _, c := range []struct {
		number int
		text   string
		want   string
	}{
		{3, "ip saddr 10.0.0.0/8 tcp dport 10250 drop", "nft delete rule inet guard in handle 7"},
		{3, "tcp dport 10250-10260 drop", "nft insert rule inet guard in position 7 tcp dport 10250 accept"},
		{0, "type filter hook input priority 0; policy drop;", "nft insert rule inet guard in tcp dport 10250 accept"},
	} {
		v := Verdict{Action: Drop, Rule: &Rule{NFTables, "inet", "guard", "in", c.number, 7, c.text}}
		if c.number == 0 {
			v.Rule.Handle = 0
		}
		for _, name := range []string{"x; add rule", "-f", "x{", ""} {
			hostile := v
			hostile.Rule = &Rule{NFTables, "inet", name, "in", c.number, 7, c.text}
			if got := hostile.Fix(p); got != nil {
				t.Errorf("table %q: %s", name, got)
			}
		}
		if got := v.Fix(p)[0].Posix(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestFixOtherWays(t *testing.T) {
	for chain, want := range map[string]string{
		"--modprobe=/x": "",
		"OUTPUT":        "ufw allow out 10250/tcp",
		"ufw-user-forward": "ufw route allow proto tcp to any port 10250; ufw route delete allow proto tcp to any port 10250; " +
			"ufw route prepend allow proto tcp to any port 10250",
		"ufw-before-input": "iptables -t filter -I ufw-before-input 2 -p tcp --dport 10250 -j ACCEPT",
	} {
		var got []string
		rule := &Rule{Backend: IPTables, Table: "filter", Chain: chain, Number: 2, Text: "-A x -j DROP"}
		for _, command := range (Verdict{Action: Drop, Ufw: true, Rule: rule}).Fix(kubelet) {
			got = append(got, command.Posix())
		}
		if diff := cmp.Diff(want, strings.Join(got, "; ")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestUfw(t *testing.T) {
	u, known := ParseUfw(read(t, "ufw-status.txt"))
	if !known || !u.Active || u.Incoming != "deny" || u.Outgoing != "allow" || u.Routed != "disabled" ||
		u.Rules[0] != "10250/tcp ALLOW IN Anywhere" {
		t.Errorf("%+v %v", u, known)
	}
	if u, known := ParseUfw("Status: inactive\n"); u.Active || !known {
		t.Errorf("%+v %v", u, known)
	}
	if _, known := ParseUfw("ERROR: You need to be root to run this script\n"); known {
		t.Error("an error message is taken for a status")
	}
}

// Reports leave out commands with options that they do not know: they must know those of the rules.
func TestOrdinaryOptionsAreShown(t *testing.T) {
	for _, option := range ordinary {
		if !cmdline.Program("iptables", option).Known() {
			t.Errorf("a report would leave out a command with %s", option)
		}
	}
}
