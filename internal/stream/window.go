package stream

import (
	"errors"
	"io"
	"sync"
)

// windowSize is how many bytes of stdin may be on their way without having been acknowledged. What a command does not read must wait
// here: with plain `yes | kubectl exec -i POD -- sleep 60` it stalls the tunnel. This much fits into the buffers on the way
// (TestUnreadStdinLeavesTheTunnelAlone), and is twice what the wrapper in the pod takes between two acknowledgements.
const windowSize = 4 << 20

// Window is a reader that gives no more than the other side has acknowledged room for, and counts what it gave. Its methods may be
// called concurrently, except Read with itself.
type Window struct {
	r io.Reader

	mu        sync.Mutex
	room      *sync.Cond
	sent      int64 // bytes given
	acked     int64 // of them, those that the other side has taken
	eof       bool
	closed    bool
	unlimited bool
}

// NewWindow returns a Window on r. An unlimited one never waits: on a terminal nothing acknowledges what was taken.
func NewWindow(r io.Reader, unlimited bool) *Window {
	w := &Window{r: r, unlimited: unlimited}
	w.room = sync.NewCond(&w.mu)
	return w
}

// Read implements io.Reader. It blocks while the window is full and returns io.EOF once the window is closed.
func (w *Window) Read(p []byte) (int, error) {
	w.mu.Lock()
	for !w.closed && !w.unlimited && w.sent-w.acked >= windowSize {
		w.room.Wait()
	}
	if w.closed {
		w.mu.Unlock()
		return 0, io.EOF
	}
	if !w.unlimited {
		p = p[:min(int64(len(p)), windowSize-(w.sent-w.acked))]
	}
	w.mu.Unlock()
	n, err := w.r.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent += int64(n)
	w.eof = w.eof || errors.Is(err, io.EOF)
	return n, err
}

// Acknowledge makes room for n more bytes. It ignores an impossible n: it came from the node.
func (w *Window) Acknowledge(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > 0 && n <= w.sent-w.acked {
		w.acked += n
		w.room.Signal()
	}
}

// Open makes the window unlimited, for a reader whose data goes nowhere from now on.
func (w *Window) Open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlimited = true
	w.room.Signal()
}

// Close ends a Read that waits for room. It does not close the underlying reader.
func (w *Window) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.room.Signal()
}

// Sent returns the number of bytes given, and whether the underlying reader has ended with them.
func (w *Window) Sent() (n int64, eof bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent, w.eof
}
