package testpod

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
)

// piped is a Dialer to a server that sends the same to everyone.
type piped struct{ sends []byte }

func (p piped) DialContext(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go func() {
		go func() { // read and ignore the request
			b := make([]byte, 1024)
			for {
				if _, err := server.Read(b); err != nil {
					return
				}
			}
		}()
		_, _ = server.Write(p.sends)
		_ = server.Close()
	}()
	return client, nil
}

func TestDo(t *testing.T) {
	for name, c := range map[string]struct {
		sends  string
		spoken string
		status int
	}{
		"http":        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", endpoints.HTTP, 404},
		"continue":    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", endpoints.HTTP, 200},
		"closes":      {"", endpoints.Closed, 0},
		"other":       {"220 mail.example.com ESMTP\r\n", endpoints.Other, 0},
		"half a head": {"HTTP/1.1 200 OK\r\nServer: x", endpoints.Other, 0},
	} {
		a, err := Do(
			t.Context(), piped{[]byte(c.sends)},
			Request{Address: "10.0.0.1:80", Protocol: endpoints.HTTP, Host: "web.shop.svc", Timeout: time.Second},
		)
		if err != nil || a.Connect != endpoints.Connected || a.Spoken != c.spoken || a.Status != c.status {
			t.Errorf("%s: %+v %v", name, a, err)
		}
	}
}

func TestOutcome(t *testing.T) {
	for err, want := range map[error]string{
		nil:                        endpoints.Connected,
		syscall.ECONNREFUSED:       endpoints.Refused,
		syscall.ETIMEDOUT:          endpoints.TimedOut,
		syscall.EHOSTUNREACH:       endpoints.Unreachable,
		os.ErrDeadlineExceeded:     "",
		context.DeadlineExceeded:   "",
		&net.DNSError{Err: "lost"}: "",
	} {
		if got := Outcome(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func FuzzDo(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), false)
	f.Add([]byte("\x16\x03\x01\x00\x02\x01\x00"), true)
	f.Fuzz(func(t *testing.T, sends []byte, tls bool) {
		protocol := endpoints.HTTP
		if tls {
			protocol = endpoints.HTTPS
		}
		a, err := Do(t.Context(), piped{sends}, Request{Address: "10.0.0.1:80", Protocol: protocol, Host: "web.shop.svc", Timeout: time.Second})
		if err != nil || a.Connect != endpoints.Connected || a.Spoken == "" {
			t.Errorf("%+v %v", a, err)
		}
	})
}
