package nodecheck

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
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

// A bridge whose packets do not pass the rules is told from one without the kernel's module, and from none.
func TestAgentBridge(t *testing.T) {
	for line, want := range map[string]AgentState{
		"bridge cbr0 1": {Bridge: "cbr0"}, "bridge cbr0 0": {Bridge: "cbr0", NotFiltered: true},
		"bridge cbr0 ": {Bridge: "cbr0", NotFiltered: true}, "forwarding 1": {},
	} {
		if got := agentState([]string{line}); !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: %+v, want %+v", line, *got, want)
		}
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

// TestConnections parses what the script makes of the kernel's table.
func TestConnections(t *testing.T) {
	table, err := os.ReadFile("testdata/conntrack.txt")
	if err != nil {
		t.Fatal(err)
	}
	const line = `have() { false; }; tracked() { command cat; }; owners() { echo "pod $1 shop orders-1"; }; connections 10.220.0.10`
	out := call(t, line, string(table))
	r, err := Parse("@@ connections 10.220.0.10\n" + strings.ReplaceAll(" "+strings.TrimSpace(out), "\n", "\n ") + "\n@@ end\n")
	if err != nil || r.Connections == nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := fmt.Sprint(r.Connections.Flows)
	const want = "[{tcp 10.244.1.5 203.0.113.7:443 1 1 1} {tcp 10.224.0.4 10.220.0.10:443 1 0 0} {udp 10.244.1.5 203.0.113.7:53 0 1 0}]"
	if got != want {
		t.Errorf("flows %s, want %s", got, want)
	}
	if pod := r.Connections.Pods["10.244.1.5"]; pod != "shop/orders-1" {
		t.Errorf("the pod is %q", pod)
	}
	for text, want := range map[string]string{
		"missing conntrack": "<nil>",
		"table 7 10\n flow tcp x 1.2.3.4 5 1 2 3\n flow tcp 1.2.3.4 1.2.3.4 99999 1 2 3\n flow": "&{7 10 [] map[] []}",
		"table 1 2\n flow icmp 1.2.3.4 1.2.3.4 9 1 2 3":                                         "&{1 2 [] map[] []}",
		"table -1 99999999999\n program [::ffff:1.2.3.4]:443 3 curl\n program 1 x":              "&{0 0 [] map[] [{curl 1.2.3.4:443 3}]}",
	} {
		r, err := Parse("@@ connections\n " + text + "\n@@ end\n")
		if got := fmt.Sprint(r.Connections); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestKubeletWatches(t *testing.T) {
	for line, want := range map[string][2]int{"inotify 12 8192": {12, 8192}, "inotify 3 ": {3, 0}, "inotify x y": {0, 0}, "inotify": {0, 0}} {
		if k := kubeletState([]string{line}); k.Watches != want[0] || k.MaxWatches != want[1] {
			t.Errorf("%q: %+v", line, k)
		}
	}
}
