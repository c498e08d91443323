package nodecheck

import (
	"encoding/json"
	"strings"
	"testing"
)

// No text of a result holds a secret or a control character, wherever the node puts it.
func TestClean(t *testing.T) {
	const evil = "x\x1b[2J http://user:hunter2@proxy:3128 password=hunter2"
	var text strings.Builder
	for _, p := range []string{
		"agent: ready [-]x EVIL|metric EVIL|session EVIL|log EVIL|log \"cannot connect once\" remote error: tls: EVIL|missing EVIL",
		"api a: dns nameserver EVIL|dns address EVIL|dns exit EVIL|tcp EVIL|tls subject=EVIL|tls issuer=EVIL|tls Verify return code: EVIL|" +
			"tls ALPN protocol: EVIL|tls EVIL|alpn subject=EVIL|alpn EVIL|long subject=EVIL|long EVIL",
		"reach 10.0.0.1: 7 000 0 0 EVIL",
		"egress a: proxy|get 5 000 0 0 EVIL|issuer=EVIL",
		"kubelet: unit EVIL|process EVIL|listens EVIL|local 7 000 0 0 EVIL|own 7 000 0 0 EVIL",
		"end: ",
	} {
		name, lines, _ := strings.Cut(p, ": ")
		text.WriteString("@@ " + name + "\n")
		for _, line := range strings.Split(lines, "|") {
			text.WriteString(" " + strings.ReplaceAll(line, "EVIL", evil) + "\n")
		}
	}
	r, err := Parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Agent.Log) != 2 || r.API.TLS.Error == "" || r.Egress["a"].Outcome != Unresolved || r.Kubelet.Error == "" ||
		len(r.Missing) != 1 {
		t.Errorf("%+v", r)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "hunter2") || strings.Contains(string(b), `\u001b`) {
		t.Errorf("%s", b)
	}
}
