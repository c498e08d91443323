package tunnel

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/akstools/akstools/internal/frame"
	"github.com/akstools/akstools/internal/kube"
)

//go:embed relay.sh
var relayScript string

// connectLimit is how long a far connect may take where the caller's context gives it longer.
const connectLimit = 30 * time.Second

// Relay is the Dialer to any address that a container reaches: by exec of bash, which connects, and of socat or cat,
// which copy. The container must have the node's /usr, as a node pod's has.
//
// DialContext returns when the far connect is known; errors.Is finds ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH and the like
// in its error. Its connections have CloseWrite where the node has socat. Names are resolved there, as the container
// resolves them.
type Relay struct {
	Clients *kube.Clients
	At      kube.Container
}

// DialContext implements Dialer.
func (d *Relay) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := split(network, addr)
	if err != nil {
		return nil, err
	}
	limit := connectLimit
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	streamCtx, cancel := context.WithCancel(context.Background())
	c := newConn(addr, cancel)
	r := &relay{conn: c, network: network, connected: make(chan error, 1)}
	marker := frame.NewMarker()
	out := frame.NewWriter(c.peer.writes, marker, r.frame, func(error) {})
	argv := []string{"/usr/bin/bash", "-c", relayScript, "relay", marker, host, port, strconv.FormatFloat(max(limit.Seconds(), 0.1), 'f', 3, 64)}
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
	err = fmt.Errorf("the connection to the relay was lost: %w", err)
	r.answer(err)
	if !r.ended {
		r.conn.endReads(err)
	}
	r.conn.endWrites(err)
}
