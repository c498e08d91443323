package aksnode

import (
	"context"
	"io"
	"os"
	"sync/atomic"

	"github.com/akstools/akstools/internal/cli"
)

// nearSide is stdin and stdout as the near side of a connection. Once stdin has ended and nobody reads stdout any more, nothing that
// the far side says can matter: then it calls left, once. This is how an ssh ends that was killed, since it sends no signal to its
// ProxyCommand, and the far side, which sees no end of a connection by port-forward, has no reason to say anything.
type nearSide struct {
	io.Writer
	in   io.Reader
	ctx  context.Context
	stop context.CancelFunc
	left func()
	gone atomic.Bool // left was called
}

// newNearSide returns the near side; the caller stops it.
func newNearSide(ctx context.Context, in io.Reader, out io.Writer, left func()) *nearSide {
	n := &nearSide{Writer: out, in: in, left: left}
	n.ctx, n.stop = context.WithCancel(ctx)
	return n
}

// Read reads stdin. After its end it is not called again.
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
