package noderun

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
)

// execLimit is how long a command may take that names no timeout.
const execLimit = time.Minute

// maxOutput is how much of each of a command's two outputs is kept.
const maxOutput = 16 << 20

// Exec is the Prober that needs the tunnel. Pods gives the node pod to use; it stays the caller's.
type Exec struct {
	Clients *kube.Clients
	Pods    func(ctx context.Context, node string) (nodepod.Pod, error)
}

// Run implements Prober.
func (e *Exec) Run(ctx context.Context, at Place, cmd Command) (Output, error) {
	pod, err := e.Pods(ctx, at.Node)
	if err != nil {
		return Output{}, err
	}
	limit := cmd.Timeout
	if limit == 0 {
		limit = execLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not end within %s", limit))
	defer cancel()
	var out, errOut head
	start := time.Now()
	session := &Session{Clients: e.Clients, Pod: pod, Argv: cmd.Argv, Out: &out, Err: &errOut}
	code, err := session.Run(ctx)
	if err != nil {
		return Output{}, fmt.Errorf("running %q on node %s: %w", cmd.Argv[0], at.Node, err)
	}
	return Output{
		Stdout: out.Bytes(), Stderr: errOut.Bytes(), ExitCode: code,
		Truncated: out.cut || errOut.cut, Took: time.Since(start),
	}, nil
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	cut bool
}

func (h *head) Write(p []byte) (int, error) {
	if room := maxOutput - h.Len(); len(p) > room {
		h.cut = true
		_, err := h.Buffer.Write(p[:room])
		return len(p), err
	}
	return h.Buffer.Write(p)
}
