package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/nodepod"
)

const megabyte = 1 << 20

// quiet discards notes.
type quiet struct{}

func (quiet) Notef(string, ...any)       {}
func (quiet) Warnf(string, ...any)       {}
func (quiet) Stepf(string, ...any)       {}
func (quiet) Creating(_, _, _, _ string) {}

// dialed is a Dialer under test and its promises.
type dialed struct {
	dial.Dialer
	target      string // host of the test application, as seen by the dialer
	reportsDial bool   // DialContext reports a failed connect itself
	dropped     string // an address that does not answer; empty if the dialer reaches only one host
}

// TestDialers is the conformance test of every Dialer.
func TestDialers(t *testing.T) {
	l := theLab(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	startApp(t, l)
	manager := &nodepod.Manager{Clients: l.clients(t), Notes: quiet{}}
	lease, err := manager.Acquire(t.Context(), node0, nodepod.Options{
		Namespace: "default", IdleTimeout: 30 * time.Second, MaxDuration: 10 * time.Minute, RunningTimeout: time.Minute, Subcommand: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lease.Release)
	// node 1 drops this port, like a firewall
	l.on(t, node1, "iptables", "-I", "INPUT", "-p", "tcp", "--dport", "19099", "-j", "DROP")
	t.Cleanup(func() {
		_ = l.command(context.Background(), "lab", "exec", node1, "--",
			"iptables", "-D", "INPUT", "-p", "tcp", "--dport", "19099", "-j", "DROP").Run()
	})
	for name, d := range map[string]dialed{
		"pod": {
			Dialer: &dial.Pod{Clients: manager.Clients, Namespace: lease.Pod.Namespace, Name: lease.Pod.Name},
			target: "node",
		},
		"relay": {
			Dialer: &dial.Relay{Clients: manager.Clients, At: lease.Pod.Container()},
			target: ip0, reportsDial: true, dropped: net.JoinHostPort(ip1, "19099"),
		},
	} {
		t.Run(name, func(t *testing.T) { conformance(t, d) })
	}
}

// startApp runs the lab's test application in node 0's network namespace.
func startApp(t *testing.T, l lab) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	app := l.command(ctx, "lab", "exec", node0, "--", "/opt/bin/app",
		"-http=19080", "-https=19443", "-tcp=19081", "-tcp-sink=19082", "-tcp-bye=19083", "-tcp-reset=19084")
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = app.Wait()
	})
	l.eventually(t, 10*time.Second, func() error {
		if out := l.on(t, node0, "ss", "-Hltn", "sport = :19084"); out == "" {
			return errors.New("the test application does not listen")
		}
		return nil
	})
}

func conformance(t *testing.T, d dialed) {
	dial := func(t *testing.T, port string) net.Conn {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(d.target, port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext:     d.DialContext,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the test application's certificate is self-signed
	}, Timeout: time.Minute}
	url := func(scheme, port, path string) string {
		return scheme + "://" + net.JoinHostPort(d.target, port) + path
	}

	t.Run("200 MB down", func(t *testing.T) {
		start := time.Now()
		n, err := get(client, url("http", "19080", fmt.Sprintf("/bytes?n=%d", 200*megabyte)))
		if err != nil || n != 200*megabyte {
			t.Fatalf("received %d bytes, %v", n, err)
		}
		t.Logf("%.0f MB/s", 200/time.Since(start).Seconds())
	})
	t.Run("200 MB up", func(t *testing.T) {
		start := time.Now()
		response, err := client.Post(url("http", "19080", "/count"), "application/octet-stream", io.LimitReader(zeros{}, 200*megabyte))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if want := fmt.Sprintln(200 * megabyte); err != nil || string(body) != want {
			t.Fatalf("the application received %q, %v, want %q", body, err, want)
		}
		t.Logf("%.0f MB/s", 200/time.Since(start).Seconds())
	})
	t.Run("TLS", func(t *testing.T) {
		if _, err := get(client, url("https", "19443", "/")); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("echo both ways at once", func(t *testing.T) {
		c := dial(t, "19081")
		const size = 20 * megabyte
		go func() { _, _ = io.CopyN(c, zeros{}, size) }()
		if n, err := io.CopyN(io.Discard, c, size); err != nil {
			t.Fatalf("received %d bytes, %v", n, err)
		}
	})
	t.Run("50 at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				client := &http.Client{Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
				if n, err := get(client, url("http", "19080", fmt.Sprintf("/bytes?n=%d", megabyte))); err != nil || n != megabyte {
					t.Errorf("received %d bytes, %v", n, err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("refused", func(t *testing.T) {
		start := time.Now()
		err := firstError(t, d, net.JoinHostPort(d.target, "19098"))
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want ECONNREFUSED", err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
	})
	t.Run("dropped", func(t *testing.T) {
		if d.dropped == "" {
			t.Skip("reaches the pod's own ports only")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := d.DialContext(ctx, "tcp", d.dropped)
		var timeout net.Error
		if !errors.Is(err, syscall.ETIMEDOUT) && !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &timeout) {
			t.Errorf("got %v, want a timeout", err)
		}
	})
	t.Run("early close by the peer", func(t *testing.T) {
		c := dial(t, "19083")
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || line != "bye\n" {
			t.Fatalf("read %q, %v", line, err)
		}
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatalf("read %d bytes after the peer closed", n)
		}
		// further writes must fail eventually, not hang
		written := make(chan error, 1)
		go func() {
			_, err := io.CopyN(c, zeros{}, 100*megabyte)
			written <- err
		}()
		select {
		case err := <-written:
			if err == nil {
				t.Error("100 MB were taken for a peer that is gone")
			}
		case <-time.After(20 * time.Second):
			t.Error("the writer hangs")
		}
	})
	t.Run("reset by the peer", func(t *testing.T) {
		c := dial(t, "19084")
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatalf("read %d bytes from a peer that reset", n)
		} else if d.reportsDial && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want ECONNRESET", err)
		}
	})
	t.Run("half-close", func(t *testing.T) {
		c := dial(t, "19082")
		half, ok := c.(interface{ CloseWrite() error })
		if !ok {
			t.Skip("the dialer does not offer it")
		}
		if _, err := io.CopyN(c, zeros{}, 5*megabyte); err != nil {
			t.Fatal(err)
		}
		if err := half.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(c); err != nil || strings.TrimSpace(string(answer)) != fmt.Sprint(5*megabyte) {
			t.Errorf("the peer counted %q, %v", answer, err)
		}
	})
	t.Run("deadline", func(t *testing.T) {
		c := dial(t, "19081")
		if err := c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("got %v, want a timeout", err)
		}
	})
	t.Run("close ends a blocked read", func(t *testing.T) {
		c := dial(t, "19081")
		time.AfterFunc(200*time.Millisecond, func() { _ = c.Close() })
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	})
	t.Run("not TCP", func(t *testing.T) {
		if _, err := d.DialContext(t.Context(), "udp", net.JoinHostPort(d.target, "19081")); err == nil {
			t.Error("udp was dialed")
		}
	})
}

// firstError returns the error of the dial or, if the dialer does not report it, of the first read.
func firstError(t *testing.T, d dialed, addr string) error {
	t.Helper()
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if d.reportsDial && err == nil {
		t.Error("DialContext does not report it")
	}
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = c.Read(make([]byte, 1))
	return err
}

func get(client *http.Client, url string) (int64, error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return io.Copy(io.Discard, response.Body)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
