package endpoints

import (
	"crypto/x509"
	"net/http"
	"time"

	"github.com/akstools/akstools/internal/redact"
)

// The results of a connection.
const (
	Connected   = "connected"
	Refused     = "refused"
	TimedOut    = "timed out"
	Unreachable = "unreachable" // an ICMP error
)

// The protocols that a server speaks.
const (
	HTTP    = "http"
	HTTPS   = "https"
	Nothing = "nothing" // it accepted the connection, but did not answer in time
	Closed  = "closed"  // it closed or reset the connection without an answer
	Other   = "other"   // it answered with neither HTTP nor TLS
)

// Answer is what became of a connection to an address, and of the request that was sent there, if any.
type Answer struct {
	Connect string `json:"connect"`          // one of the results above
	Spoken  string `json:"spoken,omitempty"` // one of the protocols above; empty: it was only connected to
	Status  int    `json:"status,omitempty"` // the HTTP status; 0: there was none
	// Millis is how many milliseconds after its request the HTTP answer came; 0: there was none.
	Millis int64 `json:"milliseconds,omitempty"`
	// ToItself means that the answer redirects to the very URL that was requested, its query aside: a client would turn in a circle.
	ToItself bool `json:"toItself,omitempty"`
	// Certificate is the certificate that the server presented; nil if it did not speak TLS. It is not verified: which names
	// and CAs are acceptable is up to the server's clients.
	Certificate *Certificate `json:"certificate,omitempty"`
}

// ServerError reports whether the app itself reports a failure. 501 is an answer: the app does not know the method.
func (a Answer) ServerError() bool { return a.Status >= 500 && a.Status != http.StatusNotImplemented }

// Certificate is a server's certificate.
type Certificate struct {
	Names     []string  `json:"names,omitempty"`   // the first ten
	Matches   bool      `json:"matches,omitempty"` // it is for the host of the request
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter"`
}

// maxNames limits the names of a certificate that are kept.
const maxNames = 10

// CertificateOf returns what is kept of the certificate that a server presented as host.
func CertificateOf(c *x509.Certificate, host string) Certificate {
	var names []string
	for _, name := range c.DNSNames {
		names = append(names, redact.Line(name))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return Certificate{
		Names: names[:min(len(names), maxNames)], Matches: c.VerifyHostname(host) == nil,
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
	}
}
