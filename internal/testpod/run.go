package testpod

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/jobpod"
)

// maxOutput limits the output of a script that is kept, in bytes.
const maxOutput = 64 << 10

// Run runs the script with sh in the pod, with the arguments, and returns its output. It returns an error if the output is
// incomplete: exec may lose output silently.
func (p *Pod) Run(ctx context.Context, script string, args ...string) (string, error) {
	ended := func(output []byte) bool { return bytes.HasSuffix(output, []byte(end)) }
	argv := marked(script, "; sleep 1", args) // Output says why
	out, err := p.maker.Clients.Output(ctx, p.Container(), argv, maxOutput, ended)
	if err != nil {
		return "", fmt.Errorf("running a script in the test pod: %w", err)
	}
	return whole(string(out))
}

// RunOnce is Run in a new pod, which reports by its termination message, so it does not need the tunnel. The output must not
// exceed 4,000 bytes; limit is the script's maximum duration. The pod is removed before RunOnce returns.
func RunOnce(ctx context.Context, maker *jobpod.Maker, o Options, limit time.Duration, script string, args ...string) (string, error) {
	message, err := runOnce(ctx, maker, o, limit, marked("exec >/dev/termination-log\n"+script, "", args))
	if err != nil {
		return "", err
	}
	return whole(strings.TrimRight(message, "\n") + "\n")
}

// end follows a complete output of a marked script.
const end = "\n@@ end\n"

// marked returns the argv of the script with its arguments, after whose output comes end; then the command after is run.
func marked(script, after string, args []string) []string {
	return append([]string{"sh", "-c", script + "\necho; echo '@@ end'" + after, "script"}, args...)
}

func whole(output string) (string, error) {
	text, ok := strings.CutSuffix(output, end)
	if !ok {
		return "", fmt.Errorf("the output of a script in the test pod is incomplete: got %d bytes", len(output))
	}
	return text, nil
}
