// Package relay holds what those share that stand between a TLS client and its server: reading the ClientHello without
// answering it, and joining two connections.
package relay

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"
)

// AgentProtocol is what AKS's tunnel agents offer in the ClientHello to the API server's port.
const AgentProtocol = "konnectivity"

// helloTimeout is how long a client may take to say hello.
const helloTimeout = 30 * time.Second

// Hello is what a client sent before anything was answered.
type Hello struct {
	Bytes     []byte
	Protocols []string // those offered by ALPN; none where it is no TLS
}

// FromAgent says whether a tunnel agent sent it.
func (h Hello) FromAgent() bool { return slices.Contains(h.Protocols, AgentProtocol) }

var errHelloRead = errors.New("hello read")

// ReadHello reads a ClientHello, or what stands in its place.
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

// recorder keeps what is read and swallows what is written: the TLS alert of the handshake that is broken off.
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
