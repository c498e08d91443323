package aksnode

import (
	"context"
	"io"
	"os"
	"sync/atomic"

	"github.com/akstools/akstools/internal/cli"
)

// nearSide is stdin and stdout as the near side of a connection. Once stdin has ended and stdout has no reader, nothing that the far side
// sends can matter, and nearSide calls left, once. This happens when ssh is killed: it sends no signal to its ProxyCommand, and the
// far side, to which a port-forward cannot pass the end of stdin on, has no reason to send anything.
type nearSide struct {
	io.Writer
	in   io.Reader
	ctx  context.Context
	stop context.CancelFunc
	left func()
	gone atomic.Bool // left was called
}

// newNearSide returns a nearSide. The caller must call its stop.
func newNearSide(ctx context.Context, in io.Reader, out io.Writer, left func()) *nearSide {
	n := &nearSide{Writer: out, in: in, left: left}
	n.ctx, n.stop = context.WithCancel(ctx)
	return n
}

// Read implements io.Reader. It must not be called again after an error.
func (n *nearSide) Read(p []byte) (int, error) {
	count, err := n.in.Read(p)
	if out, ok := n.Writer.(*os.File); ok && err != nil {
		go func() {
			if cli.WaitBroken(n.ctx, out) {
				n.gone.Store(true)
				n.left()
			}
		}()
	}
	return count, err
}
