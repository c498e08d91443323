package noderun

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/stream"
)

// output is a stream of a wrapper.
type output struct {
	raw, data string
	frames    []string
}

// runWrapped runs argv in the session's wrapper, on this computer rather than on a node.
func runWrapped(t *testing.T, s *Session, stdin string, argv ...string) (out, errOut output) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/kernel/random/uuid"); err != nil {
		t.Skip("this is not Linux")
	}
	if _, err := exec.LookPath("/usr/bin/bash"); err != nil {
		t.Skip("no bash on this computer")
	}
	wrapped := s.script("session")
	wrapped = append(wrapped[:slices.Index(wrapped, "/usr/bin/nsenter")], argv...)
	cmd := exec.Command(wrapped[0], wrapped[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	var rawOut, rawErr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &rawOut, &rawErr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, rawErr.String())
	}
	read := func(raw string) output {
		o := output{raw: raw}
		var data bytes.Buffer
		w := stream.NewFrameWriter(&data, func(text string) { o.frames = append(o.frames, text) }, func(err error) { t.Error(err) })
		_, _ = w.Write([]byte(raw))
		w.Flush()
		o.data = data.String()
		return o
	}
	return read(rawOut.String()), read(rawErr.String())
}

func TestCommandScript(t *testing.T) {
	for _, c := range []struct {
		name, stdin    string
		argv           []string
		stdout, stderr string
		ending         string // of the end frame on stderr
	}{
		{"all of stdin", strings.Repeat("x", 5<<20), []string{"wc", "-c"}, "5242880\n", "", "0 1 5242880"},
		{"not all of stdin", strings.Repeat("y\n", 4<<20), []string{"head", "-1"}, "y\n", "", "0 0 0"},
		{"exit code", "", []string{"sh", "-c", "exit 9"}, "", "", "9 1 0"},
		{"odd words", "", []string{"printf", "%s|", "a b", "*", "$HOME"}, "a b|*|$HOME|", "", "0 1 0"},
		{"stderr", "", []string{"sh", "-c", "echo oops >&2"}, "", "oops\n", "0 1 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errOut := runWrapped(t, &Session{In: strings.NewReader("")}, c.stdin, c.argv...)
			if out.data != c.stdout || errOut.data != c.stderr {
				t.Errorf("stdout %q, want %q; stderr %q, want %q", out.data, c.stdout, errOut.data, c.stderr)
			}
			if !slices.Equal(out.frames, []string{"E"}) {
				t.Errorf("stdout has the frames %q", out.frames)
			}
			if n := len(errOut.frames); n < 2 || errOut.frames[0] != "S" || errOut.frames[n-1] != "E"+c.ending {
				t.Errorf("stderr has the frames %q, want them to end in E%s", errOut.frames, c.ending)
			}
		})
	}
}

// No process on the node has the marker in its arguments, which every user of the node can read.
func TestMarkerIsNotInArguments(t *testing.T) {
	// the arguments of this shell and of its parent, the wrapper
	const show = `tr '\0' ' ' </proc/$$/cmdline; tr '\0' ' ' </proc/$PPID/cmdline`
	for name, s := range map[string]*Session{
		"command": {}, "with stdin": {In: strings.NewReader("")}, "terminal": {In: strings.NewReader(""), Terminal: "xterm"},
	} {
		out, errOut := runWrapped(t, s, "", "sh", "-c", show)
		if s.Terminal != "" {
			errOut = out
		}
		if !strings.Contains(out.data, "printf") || len(errOut.frames) < 2 {
			t.Fatalf("%s: the arguments are %q, the frames %q", name, out.data, errOut.frames)
		}
		marker, _, _ := strings.Cut(errOut.raw[1:], "\x00")
		if strings.Contains(out.data, marker) {
			t.Errorf("%s: the arguments contain the marker %s", name, marker)
		}
	}
}

// Only the end frame of stderr tells how the command exited, whatever else arrives.
func TestForgedFrames(t *testing.T) {
	r := &run{started: make(chan struct{}), ended: make(chan struct{})}
	for _, text := range []string{"", "S", "A100", "E0 1 0", "E", "E", "E0 0 0", "X"} {
		r.stdoutFrame(text)
	}
	select {
	case <-r.ended:
		t.Fatal("frames in stdout ended the command")
	default:
	}
	for _, text := range []string{"S", "E9 1 0", "E0 1 0", "E"} {
		r.frame(text)
	}
	select {
	case <-r.ended:
	default:
		t.Fatal("the command has not ended")
	}
	if code, err := r.result(nil, nil); code != 9 || err != nil {
		t.Errorf("got %d, %v", code, err)
	}
}

// A stream that ends without an error, but also without frames, is an error that can be read.
func TestNoFrames(t *testing.T) {
	r := &run{started: make(chan struct{}), ended: make(chan struct{})}
	for _, want := range []string{"before the command started", "the connection to the node was lost"} {
		if code, err := r.result(nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %d, %v, want %q", code, err, want)
		}
		if !r.hasStarted() {
			r.frame("S")
		}
	}
}
