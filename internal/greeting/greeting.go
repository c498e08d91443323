// Package greeting exchanges the first messages of a data service's protocol with it, up to the point where a client has to sign in: that
// tells whether the network and the service's firewall allow the client. It sends no credentials and no data of anybody's, and makes
// one request. What the service answers is not trusted.
package greeting

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/redact"
)

// Admission is whether a service takes a client's connections.
type Admission string

// The admissions.
const (
	// Admitted: the service asks the client to sign in, so that network and firewall allow it.
	Admitted Admission = "admitted"
	// Refused: the service says that it does not accept connections from the client's address.
	Refused Admission = "refused"
	// Unclear: it answered, and that tells neither.
	Unclear Admission = "unclear"
	// Silent: it did not answer in time. Closed: it closed or reset the connection without an answer.
	Silent Admission = "silent"
	Closed Admission = "closed"
)

// Answer is what a service answered.
type Answer struct {
	Admission Admission `json:"admission"`
	// Client is the address from which the service sees the client; empty: it does not say.
	Client string `json:"client,omitempty"`
	// Says is the service's error, on one line; empty: it reports none.
	Says string `json:"says,omitempty"`
	// Certificate is that of the service; nil if the exchange did not come that far, or the protocol begins without TLS.
	Certificate *endpoints.Certificate `json:"certificate,omitempty"`
}

// maxSays bounds Says, in bytes.
const maxSays = 300

// say keeps the service's error.
func (a *Answer) say(text string) {
	text = redact.Line(strings.TrimSpace(text))
	a.Says = text[:min(len(text), maxSays)]
}

// Exchange speaks with the service over the connection, which it leaves open, for at most the timeout. host is the name by which the
// service was looked up.
func Exchange(conn net.Conn, s Service, host string, timeout time.Duration) Answer {
	_ = conn.SetDeadline(time.Now().Add(timeout))
	a := Answer{Admission: Unclear}
	var err error
	switch s {
	case PostgreSQL:
		err = a.postgres(conn, host)
	case MySQL:
		err = a.mysql(conn)
	case Redis:
		err = a.redis(conn, host)
	case SQLServer, Unknown: // what they answer before a sign-in tells nothing of their firewall
	default:
		err = a.web(conn, s, host)
	}
	var odd protocolError
	switch {
	case errors.As(err, &odd):
		a.Admission = Unclear
		a.say(odd.Error())
	case errors.Is(err, os.ErrDeadlineExceeded):
		a.Admission = Silent
	case err != nil:
		a.Admission = Closed
	}
	return a
}

// protocolError reports that the server does not speak as the service does.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// secure begins TLS and keeps the server's certificate. Whether that is trusted is not verified: which CAs are is up to the app.
func (a *Answer) secure(conn net.Conn, host string) (net.Conn, error) {
	client := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // see above
	if err := client.Handshake(); err != nil {
		var record tls.RecordHeaderError
		if errors.As(err, &record) {
			return nil, protocolError("the server does not speak TLS")
		}
		return nil, err
	}
	if certs := client.ConnectionState().PeerCertificates; len(certs) > 0 {
		c := endpoints.CertificateOf(certs[0], host)
		a.Certificate = &c
	}
	return client, nil
}
