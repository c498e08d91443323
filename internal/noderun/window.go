package noderun

import (
	"errors"
	"io"
	"sync"
)

// windowSize is how many bytes of stdin may be on their way. Konnectivity carries all streams of a cluster through few
// connections and stops them all when one does not flow (seen in the lab with plain `yes | kubectl exec -i POD -- sleep 60`),
// so what a command does not read must wait here. This much fits into the buffers on the way (TestUnreadStdinLeavesTheTunnelAlone),
// and is twice what the wrapper takes between two acknowledgements.
const windowSize = 4 << 20

// window is a reader of stdin that gives no more than the other side has room for, and counts.
type window struct {
	r io.Reader

	mu     sync.Mutex
	room   *sync.Cond
	sent   int64 // bytes given
	took   int64 // bytes that the command's side has taken
	eof    bool
	closed bool
	whole  bool // a terminal: nobody tells what was taken, and everything may go
}

func newWindow(r io.Reader, whole bool) *window {
	w := &window{r: r, whole: whole}
	w.room = sync.NewCond(&w.mu)
	return w
}

// Read implements io.Reader. It blocks while the window is full and returns io.EOF once the window is closed.
func (w *window) Read(p []byte) (int, error) {
	w.mu.Lock()
	for !w.closed && !w.whole && w.sent-w.took >= windowSize {
		w.room.Wait()
	}
	if w.closed {
		w.mu.Unlock()
		return 0, io.EOF
	}
	if !w.whole {
		p = p[:min(int64(len(p)), windowSize-(w.sent-w.took))]
	}
	w.mu.Unlock()
	n, err := w.r.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent += int64(n)
	w.eof = w.eof || errors.Is(err, io.EOF)
	return n, err
}

// taken makes room for n bytes. A number that cannot be is ignored: it came from the node.
func (w *window) taken(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > 0 && n <= w.sent-w.took {
		w.took += n
		w.room.Signal()
	}
}

// close ends a Read that waits for room.
func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.room.Signal()
}

// count returns the bytes given, and whether they were all.
func (w *window) count() (n int64, eof bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent, w.eof
}
