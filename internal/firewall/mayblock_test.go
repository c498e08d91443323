package firewall

import "testing"

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

func TestRedirects(t *testing.T) {
	rule := &Rule{Text: "-p tcp --dport 10250 -j REDIRECT --to-ports 1"}
	if !(Verdict{Action: Unknown, Rule: rule, Reason: "-j REDIRECT" + changesDestination}).Redirects() {
		t.Error("a rule that changes the destination does not redirect")
	}
	unknown, known := Verdict{Action: Unknown, Rule: rule, Reason: "-m set: it cannot be evaluated"}, Verdict{Action: Accept, Rule: rule}
	if unknown.Redirects() || known.Redirects() {
		t.Error("a verdict that is known, or unknown otherwise, redirects")
	}
}
