package nodecheck

import (
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The policies are those of a real kernel, in a network namespace of the test's own.
func TestIPsec(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make IPsec policies")
	}
	const add = "ip xfrm policy add src 10.244.1.0/24 dst 10.244.0.0/24 dir "
	const tunnel = " tmpl src 10.220.0.21 dst 10.220.0.20 proto esp reqid 11 mode tunnel"
	const key = "ip xfrm state add src 10.220.0.21 dst 10.220.0.20 proto esp spi 0x1 reqid 11 mode tunnel " +
		"aead 'rfc4106(gcm(aes))' 0x0123456789abcdef0123456789abcdef01234567 128"
	for name, c := range map[string]struct {
		setUp string
		drops bool
		way   string
	}{
		"none":             {"true", false, ""},
		"left behind":      {add + "out" + tunnel, true, "out"},
		"for what arrives": {add + "fwd" + tunnel, true, "fwd"},
		"with keys":        {add + "out" + tunnel + "; " + key, false, ""},
		"optional":         {add + "fwd" + tunnel + " level use", false, ""},
		"of marked only":   {add + "out mark 0x3e00 mask 0xff00" + tunnel, false, ""},
		"of one port":      {strings.Replace(add, " dir", " proto tcp dport 443 dir", 1) + "out" + tunnel, false, ""},
		"blocks":           {add + "in action block", true, "in"},
		"lets pass":        {add + "out action allow", false, ""},
		"other ranges":     {strings.ReplaceAll(add, "10.244", "10.99") + "out" + tunnel, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			functions, _, _ := strings.Cut(script, "\nfor argument in")
			cmd := exec.Command("unshare", "-n", "bash", "-c", functions+"\n"+c.setUp+" && ipsec")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Skipf("this kernel has no IPsec: %v: %s", err, out)
			}
			if strings.Contains(string(out), "0123456789abcdef") {
				t.Fatalf("a key was read: %s", out)
			}
			if !strings.HasSuffix(string(out), "listed\n") {
				t.Fatalf("the keys were not listed: %s", out)
			}
			policies := ipsec(strings.Split(strings.TrimSpace(string(out)), "\n"))
			p, drops := policies.Drops(netip.MustParseAddr("10.244.1.7"), netip.MustParseAddr("10.244.0.9"))
			if drops != c.drops || p.Direction != c.way {
				t.Errorf("drops %t by %+v; the script said %s", drops, p, out)
			}
			if _, back := policies.Drops(netip.MustParseAddr("10.244.0.9"), netip.MustParseAddr("10.244.1.7")); back {
				t.Error("it drops what goes the other way")
			}
		})
	}
}

func TestIPsecLines(t *testing.T) {
	const policy = "policy 10.244.1.0/24 10.244.0.0/24 out allow esp 11 10.220.0.21 10.220.0.20"
	for name, c := range map[string]struct {
		lines string
		drops bool
	}{
		"keys unknown":    {policy, false},
		"no keys":         {policy + "\nlisted", true},
		"another's key":   {policy + "\nkey esp 12 10.220.0.21 10.220.0.22\nlisted", true},
		"key by ends":     {policy + "\nkey esp 0 10.220.0.21 10.220.0.20\nlisted", false},
		"compression":     {strings.Replace(policy, "esp", "comp", 1) + "\nlisted", false},
		"nonsense":        {"policy x y z\npolicy 1 2 out allow esp 0 - -\nlisted", false},
		"another permits": {policy + "\npolicy 0.0.0.0/0 0.0.0.0/0 out allow - 0 - -\nlisted", false},
	} {
		policies := ipsec(strings.Split(c.lines, "\n"))
		if _, drops := policies.Drops(netip.MustParseAddr("10.244.1.7"), netip.MustParseAddr("10.244.0.9")); drops != c.drops {
			t.Errorf("%s: drops %t", name, drops)
		}
	}
}
