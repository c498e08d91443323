package transfer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// here runs listen.sh on this computer instead of a node.
type here struct {
	argv    []string     // that listen.sh was started with
	secrets bytes.Buffer // its stdin
	// before is called with the port's address before the connection to it, and returns the address to connect to; nil: the same.
	before func(address string) string
	tools  string // a directory with tools that are found before those of this computer
}

func (h *here) port(t *testing.T) *port {
	t.Helper()
	if _, err := exec.LookPath("socat"); err != nil {
		t.Skip("no socat on this computer")
	}
	return &port{
		listen: func(ctx context.Context, argv []string, stdin io.Reader, stderr io.Writer) (int, error) {
			h.argv = argv
			session := "AKSTOOLS_TEST=" + rand.Text()
			defer endSession(session)
			cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
			cmd.Env = append(os.Environ(), session, "PATH="+h.tools+":"+os.Getenv("PATH"))
			cmd.Stdin, cmd.Stderr, cmd.WaitDelay = io.TeeReader(stdin, &h.secrets), stderr, time.Second
			err := cmd.Run()
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				err = nil
			}
			return cmd.ProcessState.ExitCode(), err
		},
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if h.before != nil {
				address = h.before(address)
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
}

// endSession kills what is left of a session, as is done on a node.
func endSession(session string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(session)) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				if process, err := os.FindProcess(pid); err == nil {
					_ = process.Kill()
				}
			}
		}
	}
}

func (h *here) run(t *testing.T, s Script, in io.Reader, out io.Writer) (Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return h.port(t).run(ctx, s, in, out)
}

const takeAll = `dd bs=131072 iflag=count_bytes,fullblock count="$A1" status=none`

func TestPort(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789\n"), 500_000)
	var h here
	var out bytes.Buffer
	s := Script{Text: takeAll + ` | sha256sum >&2; echo "it's $A2" >&2; exit 7`, Args: []string{"5500000", "a b"}}
	r, err := h.run(t, s, bytes.NewReader(data), nil)
	if want := fmt.Sprintf("%x  -\nit's a b\n", sha256.Sum256(data)); err != nil || r.Code != 7 || r.Stderr != want {
		t.Errorf("%+v, %v", r, err)
	}
	secrets := strings.Fields(strings.TrimSuffix(h.secrets.String(), "window\n"))
	if len(secrets) != 2 || secrets[0] == secrets[1] {
		t.Errorf("%d secrets", len(secrets))
	}
	for _, secret := range secrets {
		if strings.Contains(strings.Join(h.argv, " "), secret) {
			t.Error("a secret is an argument, which other users of the node can read")
		}
	}
	r, err = h.run(t, Script{Text: "echo no room >&2; exit 1"}, bytes.NewReader(data), nil) // it reads nothing
	if err != nil || r.Code != 1 || r.Stderr != "no room\n" {
		t.Errorf("%+v, %v", r, err)
	}
	out.Reset()
	if r, err := h.run(t, Script{Text: "printf x"}, nil, &out); err != nil || r.Code != 0 || out.String() != "x" {
		t.Errorf("%+v, %v", r, err)
	}
}

// No more is sent than a script takes and the buffers on the way hold: what nobody reads stalls the tunnel.
func TestPortUnread(t *testing.T) {
	const size = 100 << 20
	in := &countingReader{Reader: io.LimitReader(rand.Reader, size)}
	r, err := new(here).run(t, Script{Text: "dd bs=1M count=3 iflag=fullblock of=/dev/null status=none; sleep 1; exit 3"}, in, nil)
	if err != nil || r.Code != 3 || in.n < 3<<20 || in.n > 10<<20 {
		t.Errorf("%d bytes were sent; %+v, %v", in.n, r, err)
	}
}

type countingReader struct {
	io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// answer sends a nonce to the port and returns what comes back.
func answer(t *testing.T, c net.Conn, nonce string) string {
	t.Helper()
	b := make([]byte, sha256.Size*2+1+challengeLength+1)
	_, err := io.WriteString(c, nonce+"\n")
	if err == nil {
		_, err = io.ReadFull(c, b)
	}
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// Another program that connects first, and again, neither takes the port nor gets anything through it, and the transfer works.
func TestPortWithStrangers(t *testing.T) {
	h := &here{}
	h.before = func(address string) string {
		reset := connect(t, address)
		_, _ = io.WriteString(reset, "wrong\n")
		_ = reset.(*net.TCPConn).SetLinger(0)
		_ = reset.Close()
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			t.Error("another program can listen on the port")
		}
		connect(t, address) // it stays, and says nothing
		guess := connect(t, address)
		answer(t, guess, strings.Repeat("A", 26))
		_, _ = io.WriteString(guess, strings.Repeat("b", 64)+"\n")
		if b, err := io.ReadAll(guess); len(b) > 0 {
			t.Errorf("a stranger received %q, %v", b, err)
		}
		return address
	}
	r, err := h.run(t, Script{Text: "echo $(" + takeAll + ") >&2", Args: []string{"4"}}, strings.NewReader("data"), nil)
	if err != nil || r.Code != 0 || r.Stderr != "data\n" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A program that has the port in place of listen.sh, and knows an earlier answer of it, gets neither a secret nor data, nor can it give
// data.
func TestImpostor(t *testing.T) {
	for name, upload := range map[string]io.Reader{"upload": strings.NewReader("data"), "download": nil} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		heard := make(chan string, 1)
		h := &here{}
		h.before = func(address string) string {
			old := answer(t, connect(t, address), strings.Repeat("A", 26))
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				_, _ = io.WriteString(c, old+"forged data")
				b, _ := io.ReadAll(c)
				heard <- string(b)
			}()
			return l.Addr().String()
		}
		var out bytes.Buffer
		var to io.Writer // one of the two is nil
		if upload == nil {
			to = &out
		}
		_, err = h.run(t, Script{Text: takeAll, Args: []string{"4"}}, upload, to)
		if !errors.Is(err, errImpostor) || out.Len() > 0 {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
		if got := <-heard; len(got) != len(rand.Text()+"\n") {
			t.Errorf("%s: the impostor received %q", name, got)
		}
	}
}

// What this program sends to prove itself is of no use to a program that reads it on the way.
func TestReplay(t *testing.T) {
	h := &here{}
	address := ""
	h.before = func(a string) string { address = a; return a }
	var sent bytes.Buffer
	p := h.port(t)
	dial := p.dial
	p.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return tapped{c, &sent}, err
	}
	in := &hooked{Reader: strings.NewReader("data"), hook: func() {
		c := connect(t, address)
		nonce, proof, _ := strings.Cut(sent.String(), "\n")
		answer(t, c, nonce)
		_, _ = io.WriteString(c, proof)
		if b, err := io.ReadAll(c); len(b) > 0 {
			t.Errorf("a second connection received %q, %v", b, err)
		}
	}}
	r, err := p.run(t.Context(), Script{Text: "echo started $(" + takeAll + ") >&2", Args: []string{"4"}}, in, nil)
	if err != nil || r.Code != 0 || r.Stderr != "started data\n" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, secret := range strings.Fields(strings.TrimSuffix(h.secrets.String(), "window\n")) {
		if strings.Contains(sent.String(), secret) {
			t.Error("a secret went through the port")
		}
	}
}

// tapped keeps what is written to the connection.
type tapped struct {
	net.Conn
	sent *bytes.Buffer
}

func (c tapped) Write(b []byte) (int, error) {
	c.sent.Write(b)
	return c.Conn.Write(b)
}

// hooked calls hook before the first read, when the connection is proven.
type hooked struct {
	io.Reader
	hook func()
}

func (h *hooked) Read(p []byte) (int, error) {
	if h.hook != nil {
		h.hook()
		h.hook = nil
	}
	return h.Reader.Read(p)
}

// Neither a node that reports no port nor a port that nothing connects to is waited for without limit.
func TestSilentNode(t *testing.T) {
	for name, reports := range map[string]string{"no port": "", "no connection": "2026/11/28 socat[1] N listening on AF=2 127.0.0.1:4711\n"} {
		dialed := false
		p := &port{
			limit: 50 * time.Millisecond,
			listen: func(ctx context.Context, _ []string, _ io.Reader, stderr io.Writer) (int, error) {
				_, _ = io.WriteString(stderr, reports)
				<-ctx.Done()
				return 0, ctx.Err()
			},
			dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				dialed = true
				<-ctx.Done()
				return nil, context.Cause(ctx)
			},
		}
		ended := make(chan error, 1)
		go func() {
			_, err := p.run(context.Background(), Script{Text: takeAll}, nil, io.Discard)
			ended <- err
		}()
		select {
		case err := <-ended:
			if err == nil || !strings.Contains(err.Error(), "within 50ms") || dialed != (reports != "") {
				t.Errorf("%s: %v, dialed %v", name, err, dialed)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it hangs", name)
		}
	}
}

// A listener that exits without having reported a port, an error or output is an error.
func TestListenerExitsAtOnce(t *testing.T) {
	p := &port{listen: func(context.Context, []string, io.Reader, io.Writer) (int, error) { return 0, nil }}
	_, err := p.run(t.Context(), Script{Text: "true"}, nil, io.Discard)
	if want := "listening on the node: socat exited before it reported a port"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}
