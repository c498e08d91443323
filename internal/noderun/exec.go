package noderun

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
)

// execTimeout is the default timeout of a command.
const execTimeout = time.Minute

// MaxOutput is how many bytes Exec keeps of stdout, and of stderr, by default.
const MaxOutput = 16 << 20

// Exec is the Runner that runs commands by exec in a node pod, which needs the tunnel. Pods returns the pod to use on a node; the pod
// stays the caller's.
type Exec struct {
	Clients *kube.Clients
	Pods    func(ctx context.Context, node string) (nodepod.Pod, error)
	// MaxOutput is how many bytes are kept of stdout, and of stderr; 0 means the constant of that name.
	MaxOutput int
}

// Run implements Runner.
func (e *Exec) Run(ctx context.Context, node string, cmd Command) (Output, error) {
	pod, err := e.Pods(ctx, node)
	if err != nil {
		return Output{}, err
	}
	limit := cmd.Timeout
	if limit == 0 {
		limit = execTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not finish within %s", limit))
	defer cancel()
	most := cmp.Or(e.MaxOutput, MaxOutput)
	out, errOut := kept{most: most, end: cmd.KeepEnd}, kept{most: most, end: cmd.KeepEnd}
	start := time.Now()
	session := &Session{Clients: e.Clients, Pod: pod, Argv: cmd.Argv, Out: &out, Err: &errOut}
	code, err := session.Run(ctx)
	if err != nil {
		return Output{}, fmt.Errorf("running %q on node %s: %w", cmd.Argv[0], node, err)
	}
	return Output{
		Stdout: out.bytes(), Stderr: errOut.bytes(), ExitCode: code,
		StdoutBytes: out.total, StderrBytes: errOut.total, Truncated: out.cut() || errOut.cut(), Took: time.Since(start),
	}, nil
}
