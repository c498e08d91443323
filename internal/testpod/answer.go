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
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
)

// Request is a connection to make and, for HTTP and HTTPS, a request to send.
type Request struct {
	Address    string        // host:port
	Protocol   string        // endpoints.HTTP or HTTPS: one GET request for Path is sent; otherwise only connect
	Host       string        // the request's Host header and the TLS server name
	Path       string        // of the request; empty: /
	NoFallback bool          // do not try the other one of endpoints.HTTP and endpoints.HTTPS
	Timeout    time.Duration // of the connection, and again of the response
}

const (
	maxHead = 64 << 10 // bytes that are read of a response's header
	maxBody = 4 << 10
)

// Do connects through the dialer and returns the answer of the address. An error means that the request could not be sent and
// nothing is known about the address. If the server seems to speak the other one of HTTP and HTTPS, Do tries that too, unless
// NoFallback is set.
func Do(ctx context.Context, d dial.Dialer, r Request) (endpoints.Answer, error) {
	conn, result, err := connect(ctx, d, r)
	if err != nil || result != endpoints.Connected {
		return endpoints.Answer{Connect: result}, err
	}
	defer func() { _ = conn.Close() }()
	a := endpoints.Answer{Connect: endpoints.Connected}
	switch r.Protocol {
	case endpoints.HTTP:
		doHTTP(&a, conn, r)
		if !r.NoFallback && (a.Spoken == endpoints.Other || a.Spoken == endpoints.Closed || a.Status == http.StatusBadRequest) {
			return orElse(ctx, d, r, a, doHTTPS, endpoints.HTTPS)
		}
	case endpoints.HTTPS:
		doHTTPS(&a, conn, r)
		if !r.NoFallback && (a.Spoken == endpoints.Other || a.Spoken == endpoints.Closed) {
			return orElse(ctx, d, r, a, doHTTP, endpoints.HTTP)
		}
	}
	return a, nil
}

// orElse returns the answer to do, which uses the protocol, if the server speaks that; otherwise a.
func orElse(
	ctx context.Context, d dial.Dialer, r Request, a endpoints.Answer, do func(*endpoints.Answer, net.Conn, Request), protocol string,
) (endpoints.Answer, error) {
	conn, result, err := connect(ctx, d, r)
	if err != nil || result != endpoints.Connected {
		return a, nil //nolint:nilerr // the first answer stands
	}
	defer func() { _ = conn.Close() }()
	other := endpoints.Answer{Connect: endpoints.Connected}
	do(&other, conn, r)
	if other.Spoken == protocol {
		return other, nil
	}
	return a, nil
}

func connect(ctx context.Context, d dial.Dialer, r Request) (net.Conn, string, error) {
	return Connect(ctx, d, r.Address, r.Timeout)
}

// Connect connects to the address, a host:port, through the dialer and returns the result, one of those of endpoints.Answer. The
// connection is nil unless that is endpoints.Connected; the caller closes it, and may use it until the timeout has passed again. An error
// means that nothing is known about the address.
func Connect(ctx context.Context, d dial.Dialer, address string, timeout time.Duration) (net.Conn, string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout+dial.RelayTakes) // including the time to start the relay
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", address)
	result := Outcome(err)
	if result == "" {
		return nil, "", fmt.Errorf("connecting to %s: %w", address, err)
	}
	if err == nil {
		_ = conn.SetDeadline(time.Now().Add(timeout))
	}
	return conn, result, nil
}

// Outcome returns the result of a connection from the error of dialing it; empty: unknown, because the dialer itself failed.
func Outcome(err error) string {
	switch {
	case err == nil:
		return endpoints.Connected
	case errors.Is(err, syscall.ECONNREFUSED):
		return endpoints.Refused
	case errors.Is(err, syscall.ETIMEDOUT):
		return endpoints.TimedOut
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return endpoints.Unreachable
	}
	return ""
}

func doHTTP(a *endpoints.Answer, conn net.Conn, r Request) { exchange(a, conn, r, "http") }

// exchange sends the request over a connection on which the scheme is spoken, and fills in the answer.
func exchange(a *endpoints.Answer, conn net.Conn, r Request, scheme string) {
	counted := &counter{r: io.LimitReader(conn, maxHead)}
	request, err := http.NewRequest(http.MethodGet, "http://"+r.Host+cmp.Or(r.Path, "/"), nil)
	if err != nil { // the path is unchecked input
		a.Spoken = endpoints.Other
		return
	}
	request.Header.Set("User-Agent", "akstools")
	request.Close = true
	if err := request.Write(conn); err != nil {
		a.Spoken = silence(err)
		return
	}
	buffered, start := bufio.NewReader(counted), time.Now()
	for range 5 { // informational responses (1xx) come first
		response, err := http.ReadResponse(buffered, request)
		if err != nil {
			a.Spoken = endpoints.Other
			if counted.n == 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				a.Spoken = silence(err)
			}
			return
		}
		a.Spoken, a.Status = endpoints.HTTP, response.StatusCode
		a.ToItself = redirectsTo(response, request.URL, scheme)
		a.Millis = max(1, time.Since(start).Milliseconds())
		_, _ = io.CopyN(io.Discard, response.Body, maxBody)
		_ = response.Body.Close()
		if response.StatusCode >= 200 {
			return
		}
	}
}

// redirectsTo reports whether the response redirects to the URL, over the scheme; their queries may differ.
func redirectsTo(response *http.Response, asked *url.URL, scheme string) bool {
	if response.StatusCode < 300 || response.StatusCode > 399 {
		return false
	}
	to, err := response.Location()
	if err != nil {
		return false
	}
	port := map[string]string{"http": "80", "https": "443"}[scheme]
	same := func(u *url.URL) string { return cmp.Or(u.Port(), port) }
	absolute := to.Host != ""
	return strings.TrimSuffix(to.Path, "/") == strings.TrimSuffix(asked.Path, "/") &&
		(!absolute || to.Scheme == scheme && strings.EqualFold(to.Hostname(), asked.Hostname()) && same(to) == same(asked))
}

func doHTTPS(a *endpoints.Answer, conn net.Conn, r Request) {
	// only whether TLS works matters here, not whether the certificate is trusted
	client := tls.Client(conn, &tls.Config{ServerName: r.Host, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec
	if err := client.Handshake(); err != nil {
		var (
			record tls.RecordHeaderError
			alert  tls.AlertError
		)
		switch {
		case errors.As(err, &record):
			a.Spoken = endpoints.Other
		case errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls"):
			a.Spoken = endpoints.HTTPS // it does speak TLS, but requires more, such as a client certificate
		default:
			a.Spoken = silence(err)
		}
		return
	}
	if certs := client.ConnectionState().PeerCertificates; len(certs) > 0 {
		c := endpoints.CertificateOf(certs[0], r.Host)
		a.Certificate = &c
	}
	inner := endpoints.Answer{}
	exchange(&inner, client, r, "https")
	a.Spoken, a.Status, a.ToItself, a.Millis = endpoints.HTTPS, inner.Status, inner.ToItself, inner.Millis
	if inner.Spoken == endpoints.Nothing {
		a.Spoken = endpoints.Nothing
	}
}

// silence returns Nothing if the server did not answer in time, and Closed if it closed the connection.
func silence(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return endpoints.Nothing
	}
	return endpoints.Closed
}

// counter counts the bytes read.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
