package firewall

import (
	"net/netip"
	"testing"
)

func TestMayBlock(t *testing.T) {
	for text, want := range map[string]bool{
		"-A INPUT -p tcp --dport 10250 -m statistic --mode random --probability 0.5 -j DROP": true,
		"-A INPUT -p tcp -m hashlimit --hashlimit-above 1/min --hashlimit-name k -j REJECT":  true,
		"tcp dport 10250 limit rate over 1/minute drop":                                      true,
		"-A INPUT -p tcp --dport 10250 -m limit --limit 5/min -j LOG":                        false,
		"-A INPUT -m set --match-set bad src -j DROP":                                        false,
		"-A INPUT -p tcp --dport 10250 -j DROP":                                              false,
	} {
		if got := (Verdict{Action: Unknown, Rule: &Rule{Text: text}}).MayBlock(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if (Verdict{Action: Accept, Rule: &Rule{Text: "-m statistic -j DROP"}}).MayBlock() || (Verdict{Action: Unknown}).MayBlock() {
		t.Error("a verdict that is known, or of no rule, may block")
	}
}

// A rule of NAT redirects a packet that it matches, and no other, nor does another rule with an unknown outcome.
func TestRedirects(t *testing.T) {
	kubelet := Packet{
		Protocol: "tcp", Source: netip.MustParseAddr("10.244.1.5"), Destination: netip.MustParseAddr("10.220.0.20"), Port: 10250,
	}
	for text, want := range map[string]bool{
		"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 10250 -j REDIRECT --to-ports 1\nCOMMIT\n": true,
		"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 1\nCOMMIT\n":   false,
		"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NFQUEUE --queue-num 1\nCOMMIT\n":                                    false,
		"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 10250 -j DROP\nCOMMIT\n":                         false,
	} {
		if got := Decide(kubelet, Input, saved4(t, IPTables, text)); got.Redirects != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
