package testpod

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/internal/dial"
)

// What became of a connection.
const (
	Connected   = "connected"
	Refused     = "refused"
	TimedOut    = "timed out"
	Unreachable = "unreachable" // the network said that there is no way
)

// What a server spoke.
const (
	HTTP    = "http"
	HTTPS   = "https"
	Nothing = "nothing" // it accepted and did not answer in time
	Closed  = "closed"  // it closed or reset the connection without an answer
	Other   = "other"   // it answered, neither in HTTP nor in TLS
)

// Answer is what an address answers.
type Answer struct {
	Connect string `json:"connect"`
	Spoken  string `json:"spoken,omitempty"` // empty: it was only connected to
	Status  int    `json:"status,omitempty"` // of HTTP; 0: there was none
	// Certificate is what the server showed, where it spoke TLS. It is not verified: that is the client's affair.
	Certificate *Certificate `json:"certificate,omitempty"`
}

// Certificate is a server's certificate.
type Certificate struct {
	Names   []string `json:"names,omitempty"`   // the first of them
	Matches bool     `json:"matches,omitempty"` // it is for the host that was asked for
	// NotBefore and NotAfter bound its life.
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter"`
}

// Question is what is asked of an address.
type Question struct {
	Address string        // host:port
	Speak   string        // HTTP or HTTPS: one request for Path is sent; anything else: it is only connected to
	Host    string        // of the request, and the name asked for in TLS
	Path    string        // of the request; empty: /
	Only    bool          // the other of HTTP and HTTPS is not tried
	Timeout time.Duration // for the connection, and again for the answer
}

const (
	maxHead = 64 << 10 // more of a response's header is not read
	maxBody = 4 << 10
	// maxNames bounds how many names of a certificate are kept.
	maxNames = 10
)

// Ask connects from the dialer's place and says what became of it. An error means that it could not be asked: nothing is
// known of the address. Where the other of HTTP and HTTPS is spoken than was asked for, it finds that out unless Only.
func Ask(ctx context.Context, d dial.Dialer, q Question) (Answer, error) {
	conn, how, err := connect(ctx, d, q)
	if err != nil || how != Connected {
		return Answer{Connect: how}, err
	}
	defer func() { _ = conn.Close() }()
	a := Answer{Connect: Connected}
	switch q.Speak {
	case HTTP:
		a.askHTTP(conn, q)
		if !q.Only && (a.Spoken == Other || a.Spoken == Closed || a.Status == http.StatusBadRequest) {
			return a.orElse(ctx, d, q, (*Answer).askHTTPS, HTTPS)
		}
	case HTTPS:
		a.askHTTPS(conn, q)
		if !q.Only && (a.Spoken == Other || a.Spoken == Closed) {
			return a.orElse(ctx, d, q, (*Answer).askHTTP, HTTP)
		}
	}
	return a, nil
}

// orElse returns what is answered to the other protocol if that is what is spoken, else a.
func (a Answer) orElse(ctx context.Context, d dial.Dialer, q Question, ask func(*Answer, net.Conn, Question), spoken string) (Answer, error) {
	conn, how, err := connect(ctx, d, q)
	if err != nil || how != Connected {
		return a, nil //nolint:nilerr // the first answer stands
	}
	defer func() { _ = conn.Close() }()
	other := Answer{Connect: Connected}
	if ask(&other, conn, q); other.Spoken == spoken {
		return other, nil
	}
	return a, nil
}

func connect(ctx context.Context, d dial.Dialer, q Question) (net.Conn, string, error) {
	ctx, cancel := context.WithTimeout(ctx, q.Timeout+dial.RelayTakes) // the relay has to start too
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", q.Address)
	how := Outcome(err)
	if how == "" {
		return nil, "", fmt.Errorf("connecting to %s: %w", q.Address, err)
	}
	if err == nil {
		_ = conn.SetDeadline(time.Now().Add(q.Timeout))
	}
	return conn, how, nil
}

// Outcome says what became of a connection whose dialing returned err; empty: it is not known, since the dialer failed.
func Outcome(err error) string {
	switch {
	case err == nil:
		return Connected
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ETIMEDOUT):
		return TimedOut
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Unreachable
	}
	return ""
}

func (a *Answer) askHTTP(conn net.Conn, q Question) {
	counted := &counter{r: io.LimitReader(conn, maxHead)}
	request, err := http.NewRequest(http.MethodGet, "http://"+q.Host+cmp.Or(q.Path, "/"), nil)
	if err != nil { // the path may be anything
		a.Spoken = Other
		return
	}
	request.Header.Set("User-Agent", "akstools")
	request.Close = true
	if err := request.Write(conn); err != nil {
		a.Spoken = silence(err)
		return
	}
	r := bufio.NewReader(counted)
	for range 5 { // 1xx come before
		response, err := http.ReadResponse(r, request)
		if err != nil {
			a.Spoken = Other
			if counted.n == 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				a.Spoken = silence(err)
			}
			return
		}
		a.Spoken, a.Status = HTTP, response.StatusCode
		_, _ = io.CopyN(io.Discard, response.Body, maxBody)
		_ = response.Body.Close()
		if response.StatusCode >= 200 {
			return
		}
	}
}

func (a *Answer) askHTTPS(conn net.Conn, q Question) {
	// what the certificate is worth is for the client to say; here it counts that TLS is spoken
	client := tls.Client(conn, &tls.Config{ServerName: q.Host, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec
	if err := client.Handshake(); err != nil {
		var (
			record tls.RecordHeaderError
			alert  tls.AlertError
		)
		switch {
		case errors.As(err, &record):
			a.Spoken = Other
		case errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls"):
			a.Spoken = HTTPS // it does speak TLS, and wants more, such as a client's certificate
		default:
			a.Spoken = silence(err)
		}
		return
	}
	if certs := client.ConnectionState().PeerCertificates; len(certs) > 0 {
		names := certs[0].DNSNames
		for _, ip := range certs[0].IPAddresses {
			names = append(names, ip.String())
		}
		a.Certificate = &Certificate{
			Names: names[:min(len(names), maxNames)], Matches: certs[0].VerifyHostname(q.Host) == nil,
			NotBefore: certs[0].NotBefore.UTC(), NotAfter: certs[0].NotAfter.UTC(),
		}
	}
	inner := Answer{}
	inner.askHTTP(client, q)
	a.Spoken, a.Status = HTTPS, inner.Status
	if inner.Spoken == Nothing {
		a.Spoken = Nothing
	}
}

// silence tells a server that does not answer from one that closes.
func silence(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Nothing
	}
	return Closed
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
