package errtext

import (
	"strings"
	"testing"
)

// What crypto/x509 adds in brackets says more than "unknown authority".
func TestCertificatesOfWebhooks(t *testing.T) {
	const head = `Internal error occurred: failed calling webhook "hook.example.com": failed to call webhook: Post ` +
		`"https://hook.ns.svc:443/validate?timeout=5s": tls: failed to verify certificate: x509: `
	const because = `certificate signed by unknown authority (possibly because of "`
	const tried = `" while trying to verify candidate authority certificate "hook-ca")`
	for text, want := range map[string]string{
		`certificate signed by unknown authority`:                                                            "is not the CA of its certificate",
		because + `x509: invalid signature: parent certificate cannot sign this kind of certificate` + tried: "is not a CA (CA:FALSE)",
		`certificate is not authorized to sign other certificates`:                                           "is not a CA (CA:FALSE)",
		because + `crypto/rsa: verification error` + tried:                                                   "another key",
		because + `x509: ECDSA verification failure` + tried:                                                 "another key",
		`certificate specifies an incompatible key usage`:                                                    "for clients only",
	} {
		e := Explain(head + text)
		if e.Class != CertificateInvalid || e.Webhook != "hook.example.com" || !strings.Contains(e.Meaning, want) {
			t.Errorf("%s: %s: %s", text, e.Class, e.Meaning)
		}
	}
}
