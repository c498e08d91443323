package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/akstools/akstools/internal/stream"
)

// flushLimit is how long a closed connection may take to send what was written to it.
const flushLimit = 5 * time.Second

// maxUnread is the maximum number of received bytes that wait to be read.
const maxUnread = 16 << 20

// conn is a net.Conn over two byte streams, one for each direction. Its pipes provide deadlines. The Dialer's goroutines copy between
// the pipes and the streams.
type conn struct {
	addr   address
	reads  net.Conn                         // Read reads from here
	writes net.Conn                         // Write writes to here
	peer   struct{ reads, writes net.Conn } // the other ends of the pipes

	unread   *stream.Buffer // received and not yet read
	received io.Writer      // writes to unread
	sent     chan struct{}  // closed when everything written is on the stream
	abort    func()         // closes the streams; called once, by Close
	once     sync.Once

	mu       sync.Mutex
	readErr  error // what ended reads, unless it was the end of the stream
	writeErr error
}

func newConn(addr string, abort func()) *conn {
	c := &conn{addr: address(addr), sent: make(chan struct{}), abort: abort}
	c.reads, c.peer.writes = net.Pipe()
	c.writes, c.peer.reads = net.Pipe()
	c.unread = stream.NewBuffer(maxUnread, func(error) {}, nil)
	c.received = c.unread.To(c.peer.writes)
	return c
}

// send copies to the stream what is written to c, until closeWrite, Close or an error.
func (c *conn) send(stream io.Writer) {
	defer close(c.sent)
	buf := make([]byte, 128<<10) // larger writes need fewer frames
	_, err := io.CopyBuffer(struct{ io.Writer }{stream}, struct{ io.Reader }{c.peer.reads}, buf)
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		c.endWrites(err)
	}
}

// endReads makes reads fail with err, or return io.EOF if it is nil, once everything received has been read.
func (c *conn) endReads(err error) {
	c.mu.Lock()
	if c.readErr == nil {
		c.readErr = err
	}
	c.mu.Unlock()
	go func() {
		_ = c.unread.Drain(context.Background()) // returns after Close at the latest
		_ = c.peer.writes.Close()
	}()
}

// endWrites makes writes fail with err.
func (c *conn) endWrites(err error) {
	c.mu.Lock()
	if c.writeErr == nil {
		c.writeErr = err
	}
	c.mu.Unlock()
	_ = c.peer.reads.Close()
}

func (c *conn) cause(of *error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *of
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.reads.Read(p)
	if errors.Is(err, io.EOF) {
		if cause := c.cause(&c.readErr); cause != nil {
			err = cause
		}
	} else if errors.Is(err, io.ErrClosedPipe) {
		err = net.ErrClosed
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.writes.Write(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = c.cause(&c.writeErr)
		if err == nil {
			err = net.ErrClosed
		}
	}
	return n, err
}

// closeWrite ends the stream to the peer.
func (c *conn) closeWrite() error { return c.writes.Close() }

func (c *conn) Close() error {
	c.once.Do(func() {
		_ = c.writes.Close()
		_ = c.reads.Close()
		c.unread.Close()
		go func() { // the caller need not wait for a slow peer
			select {
			case <-c.sent:
			case <-time.After(flushLimit):
			}
			c.abort()
		}()
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return address("cluster") }
func (c *conn) RemoteAddr() net.Addr { return c.addr }

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.reads.SetReadDeadline(t), c.writes.SetWriteDeadline(t))
}
func (c *conn) SetReadDeadline(t time.Time) error  { return c.reads.SetReadDeadline(t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.writes.SetWriteDeadline(t) }

// duplex is a conn of which one direction can be closed alone.
type duplex struct{ *conn }

// CloseWrite ends the stream to the peer. Reads are not affected.
func (d duplex) CloseWrite() error { return d.closeWrite() }
