package testpod

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/akstools/akstools/internal/jobpod"
)

// maxOutput bounds what is kept of a script's output, in bytes.
const maxOutput = 64 << 10

// Run runs the script in the pod by sh, with the arguments, and returns what it printed. An error means that it did not run to
// its end: exec may lose output without a word.
func (p *Pod) Run(ctx context.Context, script string, args ...string) (string, error) {
	var out head
	if err := p.maker.Clients.Exec(ctx, p.Container(), marked(script, args), remotecommand.StreamOptions{Stdout: &out}); err != nil {
		return "", fmt.Errorf("running a script in the test pod: %w", err)
	}
	return whole(out.String())
}

// RunOnce is Run in a pod of its own, which tells by its termination message: nothing of that needs the tunnel. The output may have
// 4,000 bytes, and the script takes that long at most. The pod is removed before RunOnce returns.
func RunOnce(ctx context.Context, maker *jobpod.Maker, o Options, takes time.Duration, script string, args ...string) (string, error) {
	message, err := runOnce(ctx, maker, o, takes, marked("exec >/dev/termination-log\n"+script, args))
	if err != nil {
		return "", err
	}
	return whole(strings.TrimRight(message, "\n") + "\n")
}

// end is behind a script's output, as marked has it.
const end = "\n@@ end\n"

func marked(script string, args []string) []string {
	return append([]string{"sh", "-c", script + "\necho; echo '@@ end'", "script"}, args...)
}

func whole(output string) (string, error) {
	text, ok := strings.CutSuffix(output, end)
	if !ok {
		return "", fmt.Errorf("the output of a script in the test pod did not come through whole: %d bytes did", len(output))
	}
	return text, nil
}

// head keeps the beginning of what is written to it.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), maxOutput-h.Len())])
	return len(p), nil
}
