package transfer

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/noderun"
)

// errNoPort says that the node has nothing to listen with.
var errNoPort = errors.New("the node has no socat")

// The exit codes of listen.sh.
const (
	noSocat    = 96
	otherToken = 98
)

// throughPort runs the script behind a port of the node's loopback. What connects must know a token, which no other user of
// the node can see; the token again marks the end of what the script writes.
func (c *Channel) throughPort(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	token := rand.Text()
	said := &listener{port: make(chan string, 1)}
	session := &noderun.Session{
		Clients: c.Clients, Pod: c.Pod, Argv: argv(listenScript, s.text(), s.Args), In: strings.NewReader(token + "\n"), Out: io.Discard, Err: said,
	}
	type end struct {
		code int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		code, err := session.Run(ctx)
		ended <- end{code, err}
	}()
	var port string
	select {
	case e := <-ended:
		if e.err == nil && e.code == noSocat {
			return Result{}, errNoPort
		}
		if e.err == nil {
			e.err = fmt.Errorf("listening on the node: %w", Result{Code: e.code, Stderr: said.String()}.Failed())
		}
		return Result{}, e.err
	case port = <-said.port:
	}
	moved := c.move(ctx, port, token, in, out)
	if moved != nil && !errors.Is(moved, errPeerEnded) {
		cancel() // the script may wait for ever
		<-ended
		return Result{}, moved
	}
	e := <-ended
	switch {
	case e.err != nil:
		return Result{}, e.err
	case e.code == otherToken:
		return Result{}, errors.New("another program of the node connected to the port that was meant for us")
	case e.code == 0 && moved != nil:
		return Result{}, errors.New("the script on the node ended before it had read and written all")
	}
	return Result{Code: e.code, Stderr: said.String()}, nil
}

// errPeerEnded says that the connection ended before the script was done: its exit code says why.
var errPeerEnded = errors.New("the script ended")

// move connects and copies in, then what comes, until the script ends.
func (c *Channel) move(ctx context.Context, port, token string, in io.Reader, out io.Writer) error {
	dialer := &dial.Pod{Clients: c.Clients, Namespace: c.Pod.Namespace, Name: c.Pod.Name}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, token+"\n"); err != nil {
		return err
	}
	if out == nil {
		out = io.Discard
	}
	received := make(chan error, 1)
	go func() {
		received <- copyUntil(out, conn, token)
		_ = conn.Close() // the script has ended, and takes no more
	}()
	if in == nil {
		return <-received
	}
	source := &source{r: in}
	_, err = io.CopyBuffer(struct{ io.Writer }{conn}, source, make([]byte, 128<<10))
	if err == nil {
		return <-received
	}
	_ = conn.Close()
	ended := <-received // nothing is written to out any more
	if source.err != nil {
		return source.err
	}
	return errors.Join(errPeerEnded, err, ended)
}

// copyUntil copies what comes before the mark. Where the reader ends without it, the error is errPeerEnded.
func copyUntil(out io.Writer, in io.Reader, mark string) error {
	buf := make([]byte, 128<<10)
	held := 0 // the bytes at buf's beginning that may be the mark's
	for {
		n, err := in.Read(buf[held:])
		body, ended := bytes.CutSuffix(buf[:held+n], []byte(mark))
		if !ended {
			body = body[:max(0, len(body)-len(mark)+1)]
		}
		if _, err := out.Write(body); err != nil || ended {
			return err
		}
		if errors.Is(err, io.EOF) {
			return errPeerEnded
		}
		if err != nil {
			return err
		}
		held = copy(buf, buf[len(body):held+n])
	}
}

// source tells an error of the reader from one of the writer it is copied to.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// listener reads socat's words, finds the port in them, and keeps what else is said.
type listener struct {
	Tail
	port chan string
	rest []byte
	told bool
}

var (
	// listening is how socat says on which port it listens (https://man7.org/linux/man-pages/man1/socat.1.html, -d -d).
	listening = regexp.MustCompile(`socat\[\d+\] N listening on .*127\.0\.0\.1:(\d+)`)
	socatWord = regexp.MustCompile(`^\S+ \S+ socat\[\d+\] [DINW] `)
)

func (l *listener) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte{'\n'})
		if !found {
			if len(l.rest) > 64<<10 {
				l.rest = nil
			}
			return len(p), nil
		}
		l.rest = rest
		if match := listening.FindSubmatch(line); match != nil && !l.told {
			l.told = true
			l.port <- string(match[1])
		} else if !socatWord.Match(line) {
			_, _ = l.Tail.Write(append(bytes.Clone(line), '\n'))
		}
	}
}
