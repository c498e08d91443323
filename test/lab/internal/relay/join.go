package relay

import (
	"bytes"
	"io"
	"net"
	"sync"
)

// Stream is a connection whose two directions are closed separately: *net.TCPConn, *tls.Conn.
type Stream interface {
	io.ReadWriter
	CloseWrite() error
}

// Join copies in both directions and returns when both have ended. The caller closes the connections.
func Join(a, b Stream) {
	var wg sync.WaitGroup
	for _, way := range []struct{ to, from Stream }{{a, b}, {b, a}} {
		wg.Go(func() {
			_, _ = io.Copy(way.to, way.from)
			_ = way.to.CloseWrite()
		})
	}
	wg.Wait()
}

// Replay returns the connection as it was before its ClientHello was read.
func Replay(c net.Conn, h Hello) net.Conn {
	return replayed{Conn: c, r: io.MultiReader(bytes.NewReader(h.Bytes), c)}
}

type replayed struct {
	net.Conn
	r io.Reader
}

func (c replayed) Read(p []byte) (int, error) { return c.r.Read(p) }
