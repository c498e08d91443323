// Package relay has what proxies between a TLS client and its server share: reading the ClientHello without answering
// it, and joining two connections.
package relay

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"
)

// AgentProtocol is the ALPN protocol that AKS's tunnel agents offer to the API server's port.
const AgentProtocol = "konnectivity"

// helloTimeout is how long a client may take to send its ClientHello.
const helloTimeout = 30 * time.Second

// Hello is the data that a client sent first.
type Hello struct {
	Bytes     []byte
	Protocols []string // offered by ALPN; none if it is not TLS
}

// FromAgent reports whether a tunnel agent sent it.
func (h Hello) FromAgent() bool { return slices.Contains(h.Protocols, AgentProtocol) }

var errHelloRead = errors.New("hello read")

// ReadHello reads a ClientHello, or whatever the client sends instead.
func ReadHello(c net.Conn) Hello {
	_ = c.SetReadDeadline(time.Now().Add(helloTimeout))
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	var h Hello
	rec := &recorder{Conn: c}
	_ = tls.Server(rec, &tls.Config{
		GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			h.Protocols = info.SupportedProtos
			return nil, errHelloRead
		},
	}).Handshake()
	h.Bytes = rec.read.Bytes()
	return h
}

// recorder records what is read and discards what is written: the TLS alert of the aborted handshake.
type recorder struct {
	net.Conn
	read bytes.Buffer
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.read.Write(p[:n])
	return n, err
}

func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
