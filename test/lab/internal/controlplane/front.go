package controlplane

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// FrontCommand is the hidden subcommand that serves the front, as a process of its own.
const FrontCommand = "front"

// Where the front sends connections, inside the control plane's network namespace.
const (
	apiServerAddr   = "127.0.0.1:443"
	tunnelAgentAddr = "127.0.0.1:8132"
)

// alpnTunnel is what AKS's tunnel agents offer in the ClientHello to the API server's port.
const alpnTunnel = "konnectivity"

// Front does what the load balancer of an AKS control plane does on port 443: a TLS client that offers the protocol
// `konnectivity` gets to the konnectivity server, any other to the API server. It serves the n listeners that it
// inherited from descriptor 3 on and one on the control plane's own address, and ends only on error.
func Front(n int) error {
	own, err := net.Listen("tcp", net.JoinHostPort(layout.ControlPlaneIP, "443"))
	if err != nil {
		return err
	}
	listeners := []net.Listener{own}
	for fd := 3; fd < 3+n; fd++ {
		l, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
		if err != nil {
			return err
		}
		listeners = append(listeners, l)
	}
	failed := make(chan error)
	for _, l := range listeners {
		go func() { failed <- serve(l) }()
	}
	return <-failed
}

func serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go forward(c.(*net.TCPConn))
	}
}

func forward(client *net.TCPConn) {
	defer client.Close()
	_ = client.SetReadDeadline(time.Now().Add(30 * time.Second))
	hello, protocols := readHello(client)
	_ = client.SetReadDeadline(time.Time{})
	addr := apiServerAddr
	if slices.Contains(protocols, alpnTunnel) {
		addr = tunnelAgentAddr
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		log.Printf("%s -> %s: %v", client.RemoteAddr(), addr, err)
		return
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	if _, err := server.Write(hello); err != nil {
		return
	}
	var wg sync.WaitGroup
	for _, way := range []struct{ to, from *net.TCPConn }{{server, client}, {client, server}} {
		wg.Go(func() {
			_, _ = io.Copy(way.to, way.from)
			_ = way.to.CloseWrite()
		})
	}
	wg.Wait()
}

var errHelloRead = errors.New("hello read")

// readHello reads a ClientHello and returns its bytes and the protocols offered, none where it is no TLS.
func readHello(c net.Conn) (read []byte, protocols []string) {
	rec := &recorder{Conn: c}
	_ = tls.Server(rec, &tls.Config{
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			protocols = h.SupportedProtos
			return nil, errHelloRead
		},
	}).Handshake()
	return rec.read.Bytes(), protocols
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
