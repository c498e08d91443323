package nodecheck

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// TestParse parses the script's output on a node of the lab.
func TestParse(t *testing.T) {
	text, err := os.ReadFile("testdata/node.txt")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case !r.FromAgent, r.Now.IsZero():
		t.Errorf("place and time: %+v", r)
	case r.Agent == nil || r.Agent.CertificateUntil.Year() != 2027 || len(r.Agent.Ready) == 0 || len(r.Agent.Metrics) == 0:
		t.Errorf("agent: %+v", r.Agent)
	case r.API == nil || r.API.Resolve != "0" || len(r.API.Addresses) != 1 || r.API.TCP != Connected:
		t.Errorf("API: %+v", r.API)
	case !r.API.TLS.Done() || r.API.TLS.Foreign() || !r.API.ALPN.Done() || r.API.ALPN.Protocol != "h2":
		t.Errorf("TLS: %+v", r.API)
	case !r.Reach["10.220.0.21"].OK(), !r.Reach["10.220.0.99"].Failed():
		t.Errorf("reach: %+v", r.Reach)
	case r.Kubelet == nil || r.Kubelet.Unit != "active" || r.Kubelet.Elsewhere("10.220.0.20") || r.Kubelet.Own != Answered:
		t.Errorf("kubelet: %+v", r.Kubelet)
	case r.Filters == nil || !strings.Contains(r.Filters.Iptables, "KUBE-FIREWALL") || r.Filters.Interfaces["10.220.0.21"] != "eth0":
		t.Errorf("filters: %+v", r.Filters)
	}
	for cut := range strings.Count(string(text), "\n") {
		lines := strings.SplitAfterN(string(text), "\n", cut+1)
		if _, err := Parse(strings.Join(lines[:cut], "")); err == nil {
			t.Errorf("the first %d lines are taken for the whole", cut)
		}
	}
}

func TestOutcome(t *testing.T) {
	for line, want := range map[string]Outcome{ // observed with curl 7.88 on the lab
		"0 401 0.000542 0.008814 ": Answered,
		"7 000 0.000000 0.000000 Failed to connect to 10.220.0.21 port 10250 after 0 ms: Couldn't connect to server": Refused,
		"7 000 0.000000 0.000000 Failed to connect to 10.220.0.21 port 10250 after 3062 ms: No route to host":        Unreachable,
		"28 000 0.000000 0.000000 Failed to connect to 10.220.0.21 port 10250 after 4001 ms: Timeout was reached":    TimedOut,
		"28 000 0.000000 0.000000 SSL connection timeout":                                                            Silent,
		"35 000 0.000371 0.000000 OpenSSL/3.0.17: error:0A000438:SSL routines::tlsv1 alert internal error":           TLSError,
		"connect ok":                 Connected,
		"connect Connection refused": Refused,
		"connect timed out":          TimedOut,
		"connect No route to host":   Unreachable,
		"":                           "",
		"0":                          "",
	} {
		if got, _ := outcome(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestHandshake(t *testing.T) {
	var h Handshake
	for _, line := range []string{
		"ca /x/ca.crt", "subject=CN = api", "issuer=CN = Contoso Inspection CA",
		"Verify return code: 20 (unable to get local issuer certificate)", "exit 0",
	} {
		h.parse(line)
	}
	if !h.Foreign() || !h.Done() {
		t.Errorf("%+v", h)
	}
	h = Handshake{}
	for _, line := range []string{"ca none", "write:errno=104", "exit 1"} {
		h.parse(line)
	}
	if h.Done() || h.Foreign() || h.Error != "write:errno=104" {
		t.Errorf("%+v", h)
	}
}

func TestArgv(t *testing.T) {
	in := Input{
		API: &Endpoint{Host: "api.example.com", Port: 443}, Reach: []netip.Addr{netip.MustParseAddr("fd00::1")},
		Firewall: []netip.Addr{netip.MustParseAddr("10.0.0.1")},
	}
	got := in.Argv()[4:]
	if strings.Join(got, "|") != "api api.example.com 443 - tcp|reach fd00::1|firewall 10.0.0.1" {
		t.Errorf("%q", got)
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/node.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("@@ now\n 99999999999999999999\n@@ api a\n dns exit\n tls\n@@ reach x\n 28\n@@ end\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err == nil && !strings.Contains(text, "@@ end") {
			t.Errorf("taken for the whole: %q", text)
		}
		if err != nil && !errors.Is(err, ErrCut) && len(r.Reach) > 0 {
			t.Errorf("%v with %+v", err, r)
		}
		if r.Now.After(time.Unix(1<<41, 0)) {
			t.Errorf("the year %d", r.Now.Year())
		}
	})
}

func TestRefused(t *testing.T) {
	for line, want := range map[string]string{ // the first was observed on the lab, with a certificate of another CA
		`E1121 13:08:52.865694 1 clientset.go:238] "cannot connect once" err="rpc error: code = Unavailable desc = ` +
			`connection error: desc = \"error reading server preface: remote error: tls: certificate required\""`: "certificate required",
		`"cannot connect once" err="remote error: tls: expired certificate"`: "expired certificate",
		`"could not read stream" err="remote error: tls: bad certificate"`:   "",
		`"cannot connect once" err="dial tcp 10.220.0.10:443: i/o timeout"`:  "",
	} {
		if got := refused(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
