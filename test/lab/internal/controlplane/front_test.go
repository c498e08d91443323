package controlplane

import (
	"crypto/tls"
	"net"
	"slices"
	"testing"
	"time"
)

func TestReadHello(t *testing.T) {
	for _, offered := range [][]string{{"konnectivity", "h2"}, {"h2", "http/1.1"}, nil} {
		client, server := net.Pipe()
		go func() {
			c := tls.Client(client, &tls.Config{ServerName: "x", NextProtos: offered}) //nolint:gosec // never completes
			_ = c.Handshake()
		}()
		hello, protocols := readHello(server)
		_ = client.Close()
		if len(hello) < 50 || hello[0] != 22 || !slices.Equal(protocols, offered) {
			t.Errorf("offered %v: read %d bytes and %v", offered, len(hello), protocols)
		}
	}
}

func TestReadHelloOfSomethingElse(t *testing.T) {
	client, server := net.Pipe()
	go func() {
		_, _ = client.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		_ = client.Close()
	}()
	_ = server.SetReadDeadline(time.Now().Add(5 * time.Second))
	if read, protocols := readHello(server); len(read) == 0 || protocols != nil {
		t.Errorf("read %q and %v", read, protocols)
	}
}
