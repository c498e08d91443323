package dial

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

func TestRemoteError(t *testing.T) {
	for text, want := range map[string]syscall.Errno{
		"bash: connect: Connection refused":                                              syscall.ECONNREFUSED,
		"failed to connect to localhost:1 inside namespace: connect: connection refused": syscall.ECONNREFUSED,
		"bash: connect: No route to host":                                                syscall.EHOSTUNREACH,
		"Connection timed out":                                                           syscall.ETIMEDOUT,
		"cat: -: Connection reset by peer":                                               syscall.ECONNRESET,
	} {
		if err := remoteError("dial", "tcp", address("a:1"), text); !errors.Is(err, want) {
			t.Errorf("%q: %v is not %v", text, err, want)
		}
	}
	err := remoteError("dial", "tcp", address("a:1"), "bash: no-such-host: Name or service not known")
	if !strings.Contains(err.Error(), "Name or service") {
		t.Errorf("the message is lost: %v", err)
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ network, addr, want string }{
		{"tcp", "10.0.0.1:22", ""},
		{"tcp4", "[::1]:443", ""},
		{"udp", "10.0.0.1:53", "only tcp"},
		{"tcp", "10.0.0.1", "missing port"},
		{"tcp", "10.0.0.1:0", "is not a port"},
		{"tcp", "10.0.0.1:70000", "is not a port"},
		{"tcp", "10.0.0.1:22;reboot", "is not a port"},
	} {
		_, _, err := split(c.network, c.addr)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.network, c.addr, err)
		}
	}
}

func TestConnEnds(t *testing.T) {
	aborted := make(chan struct{})
	c := newConn("a:1", func() { close(aborted) })
	var sent strings.Builder
	go c.send(&sent)
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	c.endReads(syscall.ECONNRESET)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-aborted
	if sent.String() != "hello" {
		t.Errorf("%q was sent before the end", sent.String())
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after Close: %v", err)
	}
	other := newConn("a:1", func() {})
	go other.send(io.Discard)
	other.endReads(nil)
	if _, err := other.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read at the peer's end: %v", err)
	}
}
