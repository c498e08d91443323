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

// flushLimit is how long Close waits until what was written has gone out.
const flushLimit = 5 * time.Second

// mostUnread is how much of what came, in bytes, may wait to be read.
const mostUnread = 16 << 20

// conn is a net.Conn over two byte streams, one each way. The pipes between give it deadlines; the goroutines that copy
// between pipes and streams are the dialers'.
type conn struct {
	addr   address
	reads  net.Conn // we read here what the peer sent
	writes net.Conn // we write here what the peer gets
	peer   struct{ reads, writes net.Conn }

	came     *stream.Buffer // what the peer sent and was not read yet
	received io.Writer      // into came
	sent     chan struct{}  // closed when all that was written is on the stream
	abort    func()         // ends the streams; called once, by close
	once     sync.Once

	mu       sync.Mutex
	readErr  error // why reads ended, other than by the end of the stream
	writeErr error
}

func newConn(addr string, abort func()) *conn {
	c := &conn{addr: address(addr), sent: make(chan struct{}), abort: abort}
	c.reads, c.peer.writes = net.Pipe()
	c.writes, c.peer.reads = net.Pipe()
	c.came = stream.NewBuffer(mostUnread, func(error) {}, nil)
	c.received = c.came.To(c.peer.writes)
	return c
}

// send copies what was written to the stream until CloseWrite, Close or an error.
func (c *conn) send(stream io.Writer) {
	defer close(c.sent)
	buf := make([]byte, 128<<10) // larger writes make fewer frames
	if _, err := io.CopyBuffer(struct{ io.Writer }{stream}, struct{ io.Reader }{c.peer.reads}, buf); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		c.endWrites(err)
	}
}

// endReads makes reads end with err, or with io.EOF where it is nil, once what came has been read.
func (c *conn) endReads(err error) {
	c.mu.Lock()
	if c.readErr == nil {
		c.readErr = err
	}
	c.mu.Unlock()
	go func() {
		_ = c.came.Drain(context.Background()) // Close ends it
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
		if err = c.cause(&c.writeErr); err == nil {
			err = net.ErrClosed
		}
	}
	return n, err
}

// closeWrite tells the peer that nothing more comes.
func (c *conn) closeWrite() error { return c.writes.Close() }

func (c *conn) Close() error {
	c.once.Do(func() {
		_ = c.writes.Close()
		_ = c.reads.Close()
		c.came.Close()
		go func() { // the caller does not wait for a slow peer
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

// duplex is a conn that can close its way out alone.
type duplex struct{ *conn }

// CloseWrite tells the peer that nothing more comes; what it sends can still be read.
func (d duplex) CloseWrite() error { return d.closeWrite() }
