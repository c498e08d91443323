package dial

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"math"
	"net"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/stream"
)

//go:embed relay.sh
var relayScript string

//go:embed netcat.sh
var netcatScript string

// connectTimeout is the maximum connect timeout of a relay; the caller's context may shorten it.
const connectTimeout = 30 * time.Second

// RelayTakes is the part of the caller's time that is reserved for starting the relay and for reporting that nothing answered.
const RelayTakes = 10 * time.Second

// Relay is the Dialer to any address that a container reaches, by a program that it starts there through exec. Names are resolved in
// the container.
//
// DialContext returns once the connection is established or has failed. errors.Is finds ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH and the
// like in its error. A *RelayError means that the relay itself failed. Connections have CloseWrite if the node has socat.
type Relay struct {
	Clients *kube.Clients
	At      kube.Container
	Tool    Tool
	// Enter is the argv with which the program is started in another network namespace than the container's; empty: in its own.
	Enter []string
}

// Tool is the program in a container that makes the connection.
type Tool int

const (
	// Bash uses bash's /dev/tcp, and socat or cat. The container must have the node's /usr, as that of a node pod has.
	Bash Tool = iota
	// Netcat uses sh, dd and nc of the container's image. Its connections have no CloseWrite.
	Netcat
)

// command returns the argv of the relay, which has limit to connect.
func (t Tool) command(host, port string, limit time.Duration) []string {
	seconds := max(limit.Seconds(), 0.1)
	if t == Netcat { // nc accepts only whole seconds
		return []string{"sh", "-c", netcatScript, "relay", host, port, strconv.Itoa(int(math.Ceil(seconds)))}
	}
	return []string{"/usr/bin/bash", "-c", relayScript, "relay", host, port, strconv.FormatFloat(seconds, 'f', 3, 64)}
}

// RelayError reports that the relay itself failed. It tells nothing about the address.
type RelayError struct{ Err error }

func (e *RelayError) Error() string { return "the connection to the relay was lost: " + e.Err.Error() }

func (e *RelayError) Unwrap() error { return e.Err }

// DialContext implements Dialer.
func (d *Relay) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := split(network, addr)
	if err != nil {
		return nil, err
	}
	limit := connectTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		limit = min(limit, max(left-RelayTakes, left/2))
	}
	streamCtx, cancel := context.WithCancel(context.Background())
	c := newConn(addr, cancel)
	r := &relay{conn: c, network: network, connected: make(chan error, 1)}
	out := stream.NewFrameWriter(c.received, r.frame, func(error) {})
	argv := slices.Concat(d.Enter, d.Tool.command(host, port, limit))
	stdin, toStdin := io.Pipe()
	go func() {
		c.send(toStdin)
		_ = toStdin.Close()
	}()
	go func() {
		err := d.Clients.Exec(streamCtx, d.At, argv, remotecommand.StreamOptions{Stdin: stdin, Stdout: out, Stderr: io.Discard})
		_ = stdin.Close()
		r.streamEnded(err)
	}()
	select {
	case err = <-r.connected:
	case <-ctx.Done():
		err = &net.OpError{Op: "dial", Net: network, Addr: c.addr, Err: context.Cause(ctx)}
	}
	if err != nil {
		cancel()
		_ = c.Close()
		return nil, err
	}
	if r.halfClose {
		return duplex{c}, nil
	}
	return c, nil
}

// relay handles the frames of one connection.
type relay struct {
	conn      *conn
	network   string
	connected chan error // receives one value
	once      sync.Once
	halfClose bool
	ended     bool // the peer has closed the connection
}

func (r *relay) answer(err error) { r.once.Do(func() { r.connected <- err }) }

// frame handles the text of a frame of relay.sh or netcat.sh. The stream's goroutine calls it.
func (r *relay) frame(text string) {
	if text == "" {
		return
	}
	kind, reason := text[0], text[1:]
	switch kind {
	case 'C', 'D':
		r.halfClose = kind == 'D'
		r.answer(nil)
	case 'F':
		r.answer(remoteError("dial", r.network, r.conn.addr, reason))
	case 'R':
		r.ended = true
		if reason == "" {
			r.conn.endReads(nil)
		} else {
			r.conn.endReads(remoteError("read", r.network, r.conn.addr, reason))
		}
	case 'W':
		r.conn.endWrites(&net.OpError{Op: "write", Net: r.network, Addr: r.conn.addr, Err: syscall.EPIPE})
	}
}

// streamEnded handles the end of the exec.
func (r *relay) streamEnded(err error) {
	if err == nil {
		err = errors.New("the relay has exited")
	}
	err = &RelayError{err}
	r.answer(err)
	if !r.ended {
		r.conn.endReads(err)
	}
	r.conn.endWrites(err)
}
