package appliance

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
	"github.com/akstools/akstools/test/lab/internal/relay"
)

// Command is the hidden subcommand that serves the appliance in a process of its own on its machine.
const Command = "appliance-serve"

// Mode is what the appliance does to a tunnel agent's connection. All other connections pass.
type Mode string

// The modes: Block resets the connection on its ClientHello; Inspect answers it with a certificate of the appliance's
// own CA and without an application protocol.
const (
	Block   Mode = "block"
	Inspect Mode = "inspect"
)

const listenPort = "8443"

// Serve serves the connections that the appliance's own rules redirect to it. It returns only on error.
func Serve(mode Mode) error {
	if mode != Block && mode != Inspect {
		return fmt.Errorf("unknown mode %q: one of %s, %s", mode, Block, Inspect)
	}
	config, err := inspection()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", ":"+listenPort)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if err := handle(c.(*net.TCPConn), mode, config); err != nil {
				log.Printf("%s: %v", c.RemoteAddr(), err)
			}
		}()
	}
}

// inspection is the TLS server that replaces the API server's.
func inspection() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(layout.PKI(pki.Inspected+".crt"), layout.PKI(pki.Inspected+".key"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}, nil
}

func handle(client *net.TCPConn, mode Mode, config *tls.Config) error {
	hello := relay.ReadHello(client)
	if hello.FromAgent() && mode == Block {
		log.Printf("%s: reset, it offered %q", client.RemoteAddr(), hello.Protocols)
		return client.SetLinger(0)
	}
	c, err := net.DialTimeout("tcp", net.JoinHostPort(layout.ControlPlaneIP, "443"), 10*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if !hello.FromAgent() {
		if _, err := c.Write(hello.Bytes); err != nil {
			return err
		}
		relay.Join(c.(*net.TCPConn), client)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	inner := tls.Server(relay.Replay(client, hello), config)
	if err := inner.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("inspected: %w", err)
	}
	outer := tls.Client(c, &tls.Config{ServerName: layout.FQDN, InsecureSkipVerify: true}) //nolint:gosec // as such appliances do
	if err := outer.HandshakeContext(ctx); err != nil {
		return err
	}
	relay.Join(outer, inner)
	return nil
}
