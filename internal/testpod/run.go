package testpod

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"k8s.io/client-go/tools/remotecommand"
)

// maxOutput bounds what is kept of a script's output, in bytes.
const maxOutput = 64 << 10

// Run runs the script in the pod by sh, with the arguments, and returns what it printed. An error means that it did not run to
// its end: exec may lose output without a word.
func (p *Pod) Run(ctx context.Context, script string, args ...string) (string, error) {
	const end = "\n@@ end\n"
	var out head
	argv := append([]string{"sh", "-c", script + "\necho; echo '@@ end'", "script"}, args...)
	if err := p.maker.Clients.Exec(ctx, p.Container(), argv, remotecommand.StreamOptions{Stdout: &out}); err != nil {
		return "", fmt.Errorf("running a script in the test pod: %w", err)
	}
	text, ok := strings.CutSuffix(out.String(), end)
	if !ok {
		return "", fmt.Errorf("the output of a script in the test pod did not come through whole: %d bytes did", out.Len())
	}
	return text, nil
}

// head keeps the beginning of what is written to it.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), maxOutput-h.Len())])
	return len(p), nil
}
