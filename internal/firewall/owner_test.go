package firewall

import "testing"

func TestOwner(t *testing.T) {
	for chain, want := range map[string]Owner{"cali-fh-eth0": Felix, "f2b-sshd": Fail2ban, "INPUT": "", "DOCKER-USER": Docker} {
		if got := (Verdict{Rule: &Rule{Chain: chain}}).Owner(); got != want {
			t.Errorf("%s: %q", chain, got)
		}
	}
}
