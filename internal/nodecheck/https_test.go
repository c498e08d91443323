package nodecheck

import (
	"reflect"
	"testing"
)

func TestEgress(t *testing.T) {
	text := `@@ egress a
 get 0 200 0.003 0.021
@@ egress b
 get 6 000 0.000000 0.000000 Could not resolve host: b
@@ egress c
 get 28 000 0.000000 0.000000 Resolving timed out after 6001 milliseconds
@@ egress d
 get 28 000 0.000000 0.000000 Failed to connect to d port 443 after 6001 ms: Timeout was reached
@@ egress e
 get 60 000 0.003 0.000000 SSL certificate problem: unable to get local issuer certificate` +
		` More details here: https://curl.se/docs/sslcerts.html  curl failed
 issuer=CN = Contoso Inspection CA
@@ egress f
 get 35 000 0.003 0.000000 OpenSSL SSL_connect: Connection reset by peer in connection to f:443
@@ egress g
 proxy
 get 56 000 0.003 0.000000 Received HTTP code 403 from proxy after CONNECT
@@ egress h
 missing curl
@@ egress i
 get 77 000 0.003 0.000000 error setting certificate verify locations
@@ end
`
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]HTTPS{
		"a": {Outcome: Answered},
		"b": {Outcome: Unresolved, Error: "Could not resolve host: b"},
		"c": {Outcome: Unresolved, Error: "Resolving timed out after 6001 milliseconds"},
		"d": {Outcome: TimedOut, Error: "Failed to connect to d port 443 after 6001 ms: Timeout was reached"},
		"e": {Outcome: Untrusted, Error: "SSL certificate problem: unable to get local issuer certificate", Issuer: "CN = Contoso Inspection CA"},
		"f": {Outcome: TLSError, Error: "OpenSSL SSL_connect: Connection reset by peer in connection to f:443"},
		"g": {Outcome: TLSError, Error: "Received HTTP code 403 from proxy after CONNECT", Proxy: true},
		"h": {},
		"i": {Error: "error setting certificate verify locations"},
	} {
		if got := r.Egress[name]; got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if !reflect.DeepEqual(r.Missing, []string{"curl"}) {
		t.Errorf("missing: %q", r.Missing)
	}
}
