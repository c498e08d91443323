package transfer

import (
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

// The arguments of a script are never interpreted by a shell.
func TestScriptArguments(t *testing.T) {
	hostile := []string{"a b", "it's", "$(echo x)", "`x`", "", "*", "new\nline", "-n", `back\slash`}
	s := Script{
		Text: `for v in "$A1" "$A2" "$A3" "$A4" "$A5" "$A6" "$A7" "$A8" "$A9"; do printf '%s|' "$v"; done; cat; exit 3`, Args: hostile,
	}
	argv := argv(s.Text, "", s.Args)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader("stdin")
	out, err := cmd.Output()
	if want := strings.Join(hostile, "|") + "|stdin"; string(out) != want || cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("%q, want %q (%v)", out, want, err)
	}
}

func TestSocatOutput(t *testing.T) {
	l := &socatOutput{port: make(chan string, 1)}
	for _, part := range []string{
		"2026/11/26 02:38:30 socat[1] N listening on AF=2 127.0",
		".0.1:44039\n2026/11/26 02:38:31 socat[1] N accepting connection\ntar: x: No such",
		" file\n2026/11/26 02:38:31 socat[1] E bad\n",
	} {
		if _, err := l.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if port := <-l.port; port != "44039" {
		t.Errorf("port %s", port)
	}
	if got := l.String(); got != "tar: x: No such file\n2026/11/26 02:38:31 socat[1] E bad\n" {
		t.Errorf("%q", got)
	}
}

// The mark ends a stream however the stream is split into reads, and nothing else does.
func TestCopyUntil(t *testing.T) {
	for in, want := range map[string]string{"END": "", "abcEND": "abc", "ENEND": "EN", "EEND": "E", "": "cut", "abcEN": "cut"} {
		for _, by := range []func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader,
		} {
			var out strings.Builder
			err := copyUntil(&out, by(strings.NewReader(in)), "END")
			got := out.String()
			if errors.Is(err, errPeerClosed) {
				got = "cut"
			}
			if got != want {
				t.Errorf("%q: %q, %v", in, got, err)
			}
		}
	}
	broken := errors.New("broken")
	if err := copyUntil(io.Discard, iotest.ErrReader(broken), "END"); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
