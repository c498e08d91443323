package packets

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TLSSucceeds finds alerts of TLS that are not encrypted, and servers that do not speak TLS.
var TLSSucceeds = &check.Check{
	Code: "INS1107",
	Name: "tls-handshakes-succeed",
	Hop:  hopTLS,
	Doc: `TLS handshakes succeed

An alert ends a handshake and tells why. From TLS 1.3 on, most alerts of clients are encrypted and cannot be seen.`,
	Sources: []string{"https://www.rfc-editor.org/rfc/rfc8446#section-6"},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		c, err := facts.Packets.Get(p)
		if err == nil && !slices.ContainsFunc(c.Connections, func(conn trace.Connection) bool { return conn.TLS() }) {
			p.Skip("no connection uses TLS")
			return nil, nil
		}
		return handshakes(p)
	},
}

// handshakes finds those that failed.
func handshakes(p *check.Pass) ([]check.Finding, error) {
	return concluding(encrypting, func(g *group) check.Finding {
		if g.Kind == trace.NotTLS {
			return g.finding(g.target(g.Near), "the client speaks TLS, and "+g.place(g.Near)+" answers in plain HTTP",
				"the port is not one for TLS", check.Fix{Title: "let the client use http, or let the app serve TLS on this port"})
		}
		who := "the client"
		if g.Down {
			who = g.place(g.Near)
		}
		name, meaning := alert(g.Alert.Description)
		return g.finding(g.target(g.Near), who+" ends the TLS handshake with the alert "+name, meaning)
	}, trace.TLSFailed, trace.NotTLS)(p)
}

// alert returns the name of an alert and what it means (https://www.rfc-editor.org/rfc/rfc8446#section-6.2).
func alert(description uint8) (name, meaning string) {
	for _, a := range []struct {
		number        uint8
		name, meaning string
	}{
		{40, "handshake_failure", "the two have no cipher in common, or the server requires a client certificate"},
		{42, "bad_certificate", "it does not accept the certificate of the other end"},
		{43, "unsupported_certificate", "it does not support the kind of certificate of the other end"},
		{44, "certificate_revoked", "the certificate of the other end was revoked"},
		{45, "certificate_expired", "the certificate of the other end has expired or is not valid yet"},
		{46, "certificate_unknown", "it does not accept the certificate of the other end"},
		{48, "unknown_ca", "it does not know the CA that issued the certificate of the other end"},
		{49, "access_denied", "the certificate of the other end is valid, but not allowed"},
		{70, "protocol_version", "the two have no version of TLS in common"},
		{71, "insufficient_security", "it requires stronger ciphers"},
		{80, "internal_error", "it failed for a reason of its own: see its log"},
		{112, "unrecognized_name", "the server has no certificate for the name that the client sent"},
		{116, "certificate_required", "the server requires a client certificate"},
		{120, "no_application_protocol", "the two have no protocol (ALPN) in common"},
	} {
		if a.number == description {
			return a.name, a.meaning
		}
	}
	return fmt.Sprint(description), "see the log of the server"
}
