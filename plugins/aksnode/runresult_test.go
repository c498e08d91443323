package aksnode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/noderun"
)

// Results are printed in the order of the nodes, each with its node, and no more than --parallel commands run at once.
func TestOnNodes(t *testing.T) {
	var stdout, stderr bytes.Buffer
	o := &runOptions{app: &cli.App{Streams: genericiooptions.IOStreams{Out: &stdout, ErrOut: &stderr}}, parallel: 3}
	var nodes []string
	for i := range 9 {
		nodes = append(nodes, fmt.Sprintf("n%d", i))
	}
	results := map[string]struct {
		out noderun.Output
		err error
	}{
		"n0": {out: noderun.Output{Stdout: []byte("no newline"), Took: 1200 * time.Millisecond}},
		"n1": {out: noderun.Output{Stderr: []byte("bad\n"), ExitCode: 4}},
		"n2": {err: errors.New("no pod")},
		"n3": {out: noderun.Output{Stdout: []byte("long\n"), Truncated: true}},
	}
	var now, most atomic.Int32
	err := o.onNodes(t.Context(), nodes, o.results(true), func(_ context.Context, node string) (noderun.Output, error) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		if node == "n0" {
			time.Sleep(50 * time.Millisecond) // the others finish earlier
		}
		time.Sleep(5 * time.Millisecond)
		return results[node].out, results[node].err
	})
	if code := (cli.ExitError{}); !errors.As(err, &code) || code.Code != transportFailed {
		t.Errorf("ended with %v", err)
	}
	if most.Load() != 3 {
		t.Errorf("%d at once", most.Load())
	}
	want := "==> n0 (exit code 0, 1.2s) <==\nno newline\n==> n1 (exit code 4, 0.0s) <==\n==> n3 (exit code 0, 0.0s) <==\nlong\n"
	for _, n := range nodes[4:] {
		want += "==> " + n + " (exit code 0, 0.0s) <==\n"
	}
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Error(diff)
	}
	want = "bad\nerror: node n2: no pod\nwarning: the output on node n3 was too long: only the beginning was returned\n"
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Error(diff)
	}
}
