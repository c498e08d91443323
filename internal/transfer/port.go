package transfer

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/stream"
)

// errNoPort reports that the node has no program that can listen on a port.
var errNoPort = errors.New("the node has no socat")

// exitNoSocat is the exit code of listen.sh on a node without socat.
const exitNoSocat = 96

// throughPort runs the script behind a port of the node's loopback.
func (c *Channel) throughPort(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	dialer := &dial.Pod{Clients: c.Clients, Namespace: c.Pod.Namespace, Name: c.Pod.Name}
	p := &port{
		listen: func(ctx context.Context, argv []string, stdin io.Reader, stderr io.Writer) (int, error) {
			session := &noderun.Session{Clients: c.Clients, Pod: c.Pod, Argv: argv, In: stdin, Out: io.Discard, Err: stderr}
			return session.Run(ctx)
		},
		dial: dialer.DialContext,
	}
	return p.run(ctx, s, in, out)
}

// port moves data through a port of the node's loopback.
type port struct {
	// listen runs argv on the node; dial connects from there. They are fields for tests.
	listen func(ctx context.Context, argv []string, stdin io.Reader, stderr io.Writer) (int, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	limit  time.Duration // of each of both; 0: portLimit
}

// portLimit is how long the node may take to listen, with the time to connect to the pod, and then to accept a connection.
const portLimit = time.Minute

func (p *port) run(ctx context.Context, s Script, in io.Reader, out io.Writer) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	secrets := newSecrets()
	stderr := &socatOutput{port: make(chan string, 1)}
	type result struct {
		code int
		err  error
	}
	done := make(chan result, 1)
	go func() {
		code, err := p.listen(ctx, argv(listenScript, s.text(), s.Args), strings.NewReader(secrets.stdin(in != nil)), stderr)
		done <- result{code, err}
	}()
	limit := cmp.Or(p.limit, portLimit)
	var number string
	select {
	case r := <-done:
		if r.err == nil && r.code == exitNoSocat {
			return Result{}, errNoPort
		}
		if r.err == nil {
			why := Result{Code: r.code, Stderr: stderr.String()}.Err()
			if why == nil {
				why = errors.New("socat exited before it reported a port")
			}
			r.err = fmt.Errorf("listening on the node: %w", why)
		}
		return Result{}, r.err
	case <-time.After(limit):
		cancel()
		<-done
		return Result{}, fmt.Errorf("listening on the node: socat reported no port within %s", limit)
	case number = <-stderr.port:
	}
	moveErr := p.move(ctx, number, secrets, in, out)
	if moveErr != nil && !errors.Is(moveErr, errPeerClosed) {
		cancel() // the script may wait forever
		<-done
		return Result{}, moveErr
	}
	r := <-done
	switch {
	case r.err != nil:
		return Result{}, r.err
	case r.code == 0 && moveErr != nil:
		return Result{}, errors.New("the script on the node exited before it had read and written everything")
	}
	return Result{Code: r.code, Stderr: stderr.String()}, nil
}

// errPeerClosed reports that the connection was closed before the script was done; the script's exit code tells why.
var errPeerClosed = errors.New("the script has exited")

// move connects to the port and copies in to the script and the script's output to out, until the script exits.
func (p *port) move(ctx context.Context, number string, secrets secrets, in io.Reader, out io.Writer) error {
	limit := cmp.Or(p.limit, portLimit)
	dialing, stop := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no connection to a port of the node within %s", limit))
	conn, err := p.dial(dialing, "tcp", net.JoinHostPort("127.0.0.1", number))
	stop()
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	mark, err := secrets.greet(conn)
	if err != nil {
		return err
	}
	if in == nil {
		if out == nil {
			out = io.Discard
		}
		return copyUntil(out, conn, mark)
	}
	window := stream.NewWindow(in, false)
	received := make(chan error, 1)
	go func() {
		received <- acknowledge(window, conn, mark)
		_ = conn.Close() // the script has exited and reads no more
		window.Open()    // writes fail now
	}()
	source := &source{r: window}
	_, err = io.CopyBuffer(struct{ io.Writer }{conn}, source, make([]byte, 128<<10))
	if err == nil {
		return <-received
	}
	_ = conn.Close()
	outErr := <-received
	if source.err != nil {
		return source.err
	}
	return errors.Join(errPeerClosed, err, outErr)
}

// acknowledge reads what listen.sh sends while a script reads its stdin: lines with the number of bytes that were taken, and the mark at
// the end. If in ends without it, the error is errPeerClosed.
func acknowledge(window *stream.Window, in io.Reader, mark string) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 256), 256)
	for lines.Scan() {
		if lines.Text() == mark {
			return nil
		}
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return errors.New("the program on the node sent something else than how much it took")
		}
		window.Acknowledge(n)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return errPeerClosed
}

// copyUntil copies in to out up to the mark, with which in must end. If in ends without it, the error is errPeerClosed.
func copyUntil(out io.Writer, in io.Reader, mark string) error {
	buf := make([]byte, 128<<10)
	held := 0 // bytes at the beginning of buf that may belong to the mark
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
			return errPeerClosed
		}
		if err != nil {
			return err
		}
		held = copy(buf, buf[len(body):held+n])
	}
}

// source keeps the error of a reader, to distinguish it from an error of the writer that it is copied to.
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

// socatOutput reads the stderr of socat and of the script that it runs. It sends the port on which socat listens to port, drops socat's
// other messages, and keeps the rest as a Tail.
type socatOutput struct {
	Tail
	port  chan string
	rest  []byte
	found bool // the port was sent
}

var (
	// listeningLine is how socat reports its port (https://man7.org/linux/man-pages/man1/socat.1.html, -d -d).
	listeningLine = regexp.MustCompile(`socat\[\d+\] N listening on .*127\.0\.0\.1:(\d+)`)
	socatLogLine  = regexp.MustCompile(`^\S+ \S+ socat\[\d+\] [DINW] `)
)

func (l *socatOutput) Write(p []byte) (int, error) {
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
		if match := listeningLine.FindSubmatch(line); match != nil && !l.found {
			l.found = true
			l.port <- string(match[1])
		} else if !socatLogLine.Match(line) {
			_, _ = l.Tail.Write(append(bytes.Clone(line), '\n'))
		}
	}
}
