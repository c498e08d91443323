package relay

import (
	"crypto/tls"
	"io"
	"net"
	"slices"
	"testing"
)

func TestReadHello(t *testing.T) {
	for _, offered := range [][]string{{"konnectivity", "h2"}, {"h2", "http/1.1"}, nil} {
		client, server := net.Pipe()
		go func() {
			c := tls.Client(client, &tls.Config{ServerName: "x", NextProtos: offered}) //nolint:gosec // never completes
			_ = c.Handshake()
		}()
		hello := ReadHello(server)
		_ = client.Close()
		if len(hello.Bytes) < 50 || hello.Bytes[0] != 22 || !slices.Equal(hello.Protocols, offered) ||
			hello.FromAgent() != slices.Contains(offered, AgentProtocol) {
			t.Errorf("offered %v: read %d bytes and %v", offered, len(hello.Bytes), hello.Protocols)
		}
	}
}

func TestReadHelloOfSomethingElse(t *testing.T) {
	client, server := net.Pipe()
	go func() {
		_, _ = client.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		_ = client.Close()
	}()
	if h := ReadHello(server); len(h.Bytes) == 0 || h.Protocols != nil {
		t.Errorf("read %q and %v", h.Bytes, h.Protocols)
	}
}

func TestReplay(t *testing.T) {
	client, server := net.Pipe()
	sent := make(chan error, 1)
	go func() {
		_, err := client.Write([]byte("GET / HTTP/1.1\r\n\r\nmore"))
		_ = client.Close()
		sent <- err
	}()
	all, err := io.ReadAll(Replay(server, ReadHello(server)))
	if err != nil || string(all) != "GET / HTTP/1.1\r\n\r\nmore" {
		t.Errorf("replayed %q, %v", all, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}
