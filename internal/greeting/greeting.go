// Package greeting exchanges the first messages of a data service's protocol with it, up to the point where a client has to sign in: that
// tells whether the network and the service's firewall allow the client. It sends no credentials and no data of anybody's, and makes one
// request. What the service answers is not trusted.
package greeting

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
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
	// Foreign: what answers does not speak the service's protocol; Says is how that shows.
	Foreign Admission = "foreign"
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
func (a *Answer) say(text string) { a.Says = redact.Short(text, maxSays) }

// Exchange speaks with the service over the connection, for at most the timeout; the caller closes it. host is the name or address at which
// the service is. An error means that nothing is known about the service: ctx has ended, or the connection was lost on its way there.
func Exchange(ctx context.Context, conn net.Conn, s Service, host string, timeout time.Duration) (Answer, error) {
	_ = conn.SetDeadline(time.Now().Add(timeout))
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	a := Answer{Admission: Unclear}
	below := &transport{Conn: conn}
	err := a.speak(below, s, host)
	var foreign protocolError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return Answer{}, context.Cause(ctx)
	case errors.As(err, &foreign):
		a.Admission = Foreign
		a.say(foreign.Error())
	case errors.Is(err, os.ErrDeadlineExceeded):
		a.Admission = Silent
	case below.err != nil && !closed(below.err):
		return Answer{}, below.err
	case errors.Is(err, io.ErrUnexpectedEOF), below.err == nil:
		a.Admission = Foreign
		a.say("its answer cannot be read: " + err.Error())
	default:
		a.Admission = Closed
	}
	return a, nil
}

func (a *Answer) speak(conn net.Conn, s Service, host string) error {
	switch s {
	case PostgreSQL:
		return a.postgres(conn, host)
	case MySQL:
		return a.mysql(conn)
	case Redis:
		return a.redis(conn, host)
	case SQLServer, Unknown: // what they answer before a sign-in tells nothing of their firewall
		return nil
	}
	return a.web(conn, s, host)
}

// closed reports whether the error is that the other end closed or reset the connection.
func closed(err error) bool {
	for _, is := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// transport keeps the error of the connection below TLS.
type transport struct {
	net.Conn
	err error
}

func (t *transport) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.keep(err)
	return n, err
}

func (t *transport) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	t.keep(err)
	return n, err
}

// keep keeps the first error.
func (t *transport) keep(err error) {
	if t.err == nil {
		t.err = err
	}
}

// protocolError reports that the server does not speak as the service does.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// secure begins TLS and keeps the server's certificate. Whether that is trusted is not verified: which CAs are is up to the app.
func (a *Answer) secure(conn net.Conn, host string) (net.Conn, error) {
	client := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // see above
	if err := client.Handshake(); err != nil {
		if errors.As(err, new(tls.RecordHeaderError)) {
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
