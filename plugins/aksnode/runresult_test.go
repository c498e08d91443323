package aksnode

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
		"n3": {out: noderun.Output{Stdout: []byte("long\n"), StdoutBytes: 700, Truncated: true}},
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
	want = "bad\nerror: node n2: no pod\n" +
		"warning: the output on node n3 was too long: only the first 5 of 700 bytes of stdout were returned; for the end: --keep tail\n"
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Error(diff)
	}
}

// While the first node's result is awaited, those of others wait for their turn, but not without limit.
func TestOnNodesKeepsLittle(t *testing.T) {
	var stdout bytes.Buffer
	o := &runOptions{app: &cli.App{Streams: genericiooptions.IOStreams{Out: io.Discard, ErrOut: &stdout}}, parallel: 4}
	nodes := make([]string, 100)
	for i := range nodes {
		nodes[i] = fmt.Sprintf("n%02d", i)
	}
	large := make([]byte, 16<<20)
	first := make(chan struct{})
	var started atomic.Int32
	ended := make(chan error, 1)
	go func() {
		ended <- o.onNodes(t.Context(), nodes, o.results(true), func(_ context.Context, node string) (noderun.Output, error) {
			started.Add(1)
			if node == nodes[0] {
				<-first
			}
			return noderun.Output{Stdout: large}, nil
		})
	}()
	for before := int32(-1); before != started.Load(); time.Sleep(200 * time.Millisecond) {
		before = started.Load()
	}
	if n := int(started.Load()); n < o.parallel || n > maxWaiting/len(large)+2*o.parallel {
		t.Errorf("%d commands were started while the first was running", n)
	}
	close(first)
	if err := <-ended; err != nil || int(started.Load()) != len(nodes) {
		t.Errorf("%v after %d of %d commands", err, started.Load(), len(nodes))
	}
}

// writerFunc is a writer that calls the function.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

// Each result is printed in JSON as soon as it is its turn, and together they are a list, also after an interruption.
func TestOnNodesJSON(t *testing.T) {
	for _, many := range []bool{true, false} {
		var stdout bytes.Buffer
		printed := make(chan struct{}, 100) // a value for each write
		out := io.MultiWriter(&stdout, writerFunc(func() { printed <- struct{}{} }))
		o := &runOptions{app: &cli.App{Streams: genericiooptions.IOStreams{Out: out, ErrOut: io.Discard}}, parallel: 1, output: "json"}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		nodes := []string{"n0"}
		if many {
			nodes = append(nodes, "n1", "n2")
		}
		p := o.results(many)
		err := o.onNodes(ctx, nodes, p, func(ctx context.Context, node string) (noderun.Output, error) {
			if node == "n2" {
				select {
				case <-printed:
				case <-time.After(10 * time.Second):
					t.Error("the result of n0 is kept")
				}
				cancel()
				return noderun.Output{}, ctx.Err()
			}
			return noderun.Output{Stdout: []byte("<out>\n"), ExitCode: 0}, nil
		})
		if many != errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		var got any
		if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, stdout.String())
		}
		want := `{
  "apiVersion": "` + apiVersion + `",
  "kind": "RunResult",
  "node": "n0",
  "exitCode": 0,
  "stdout": "\u003cout\u003e\n",
  "stderr": "",
  "stdoutBytes": 0,
  "stderrBytes": 0,
  "truncated": false,
  "tookSeconds": 0
}
`
		if many {
			want = `{
  "apiVersion": "` + apiVersion + `",
  "kind": "RunResultList",
  "items": [
`
			for _, node := range nodes {
				item := `    {
      "node": "` + node + `",
      "exitCode": 0,
      "stdout": "\u003cout\u003e\n",
      "stderr": "",
      "stdoutBytes": 0,
      "stderrBytes": 0,
      "truncated": false,
      "tookSeconds": 0
    },
`
				if node == "n2" {
					item = strings.Replace(item, `"exitCode": 0`, `"exitCode": 255`, 1)
					item = strings.Replace(item, `"\u003cout\u003e\n"`, `""`, 1)
					item = strings.Replace(item, "\"tookSeconds\": 0\n    },", "\"tookSeconds\": 0,\n      \"error\": \"context canceled\"\n    }", 1)
				}
				want += item
			}
			want += "  ]\n}\n"
		}
		if diff := cmp.Diff(want, stdout.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// A node that takes long holds the others' results up for a while only, and in JSON until the end.
func TestInOrder(t *testing.T) {
	for _, overtake := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			done := make(chan result, 5)
			start := time.Now()
			for i, seconds := range []int{1, 60, 2, 0, 70} {
				time.AfterFunc(time.Duration(seconds)*time.Second, func() { done <- result{node: i} })
			}
			var got []string
			inOrder(5, done, overtake, func(r result) { got = append(got, fmt.Sprintf("%d@%.0f", r.node, time.Since(start).Seconds())) })
			want := []string{"0@1", "1@60", "2@60", "3@60", "4@70"}
			if overtake {
				want = []string{"0@1", "2@3", "3@3", "1@60", "4@70"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is missing of an output is told in bytes.
func TestKeptText(t *testing.T) {
	p := &resultPrinter{keepEnd: true}
	got := p.kept(noderun.Output{Stdout: []byte("12"), StdoutBytes: 4, Stderr: []byte("1"), StderrBytes: 5, Truncated: true})
	if want := "only the last 2 of 4 bytes of stdout and the last 1 of 5 bytes of stderr were returned"; got != want {
		t.Error(got)
	}
}
