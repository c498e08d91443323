package dial

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"math"
	"net"
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

// connectLimit is how long a far connect may take where the caller's context gives it longer.
const connectLimit = 30 * time.Second

// RelayTakes is the part of the caller's time that is left for the relay to start and to say that nobody answered.
const RelayTakes = 10 * time.Second

// Relay is the Dialer to any address that a container reaches, by exec.
//
// DialContext returns when the far connect is known; errors.Is finds ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH and the like
// in its error, and a *RelayError says that the relay itself did not work. Its connections have CloseWrite where the node
// has socat. Names are resolved there, as the container resolves them.
type Relay struct {
	Clients *kube.Clients
	At      kube.Container
	Tool    Tool
}

// Tool is what a container has to connect with.
type Tool int

const (
	// Bash connects by bash's /dev/tcp and copies by socat or cat. The container must have the node's /usr, as a node
	// pod's has.
	Bash Tool = iota
	// Netcat needs sh, dd and nc in the container. Its connections have no CloseWrite.
	Netcat
)

// command returns the argv of the relay; limit is for the far connect.
func (t Tool) command(marker, host, port string, limit time.Duration) []string {
	seconds := max(limit.Seconds(), 0.1)
	if t == Netcat { // it takes whole seconds
		return []string{"sh", "-c", netcatScript, "relay", marker, host, port, strconv.Itoa(int(math.Ceil(seconds)))}
	}
	return []string{"/usr/bin/bash", "-c", relayScript, "relay", marker, host, port, strconv.FormatFloat(seconds, 'f', 3, 64)}
}

// RelayError says that a relay did not work: nothing is known of the address.
type RelayError struct{ Err error }

func (e *RelayError) Error() string { return "the connection to the relay was lost: " + e.Err.Error() }

func (e *RelayError) Unwrap() error { return e.Err }

// DialContext implements Dialer.
func (d *Relay) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := split(network, addr)
	if err != nil {
		return nil, err
	}
	limit := connectLimit
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		limit = min(limit, max(left-RelayTakes, left/2))
	}
	streamCtx, cancel := context.WithCancel(context.Background())
	c := newConn(addr, cancel)
	r := &relay{conn: c, network: network, connected: make(chan error, 1)}
	marker := stream.NewMarker()
	out := stream.NewFrameWriter(c.received, marker, r.frame, func(error) {})
	argv := d.Tool.command(marker, host, port, limit)
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

// relay follows the frames of one connection.
type relay struct {
	conn      *conn
	network   string
	connected chan error // gets one value
	once      sync.Once
	halfClose bool
	ended     bool // the peer's end was told
}

func (r *relay) answer(err error) { r.once.Do(func() { r.connected <- err }) }

// frame is called by the stream's goroutine.
func (r *relay) frame(text string) {
	if text == "" {
		return
	}
	kind, why := text[0], text[1:]
	switch kind {
	case 'C', 'D':
		r.halfClose = kind == 'D'
		r.answer(nil)
	case 'F':
		r.answer(remoteError("dial", r.network, r.conn.addr, why))
	case 'R':
		r.ended = true
		if why == "" {
			r.conn.endReads(nil)
		} else {
			r.conn.endReads(remoteError("read", r.network, r.conn.addr, why))
		}
	case 'W':
		r.conn.endWrites(&net.OpError{Op: "write", Net: r.network, Addr: r.conn.addr, Err: syscall.EPIPE})
	}
}

// streamEnded is called once the exec is over.
func (r *relay) streamEnded(err error) {
	if err == nil {
		err = errors.New("the relay ended")
	}
	err = &RelayError{err}
	r.answer(err)
	if !r.ended {
		r.conn.endReads(err)
	}
	r.conn.endWrites(err)
}
