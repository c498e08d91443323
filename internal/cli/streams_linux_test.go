package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// terminal returns a terminal, and what appears on it once the terminal is closed.
func terminal(t *testing.T) (device *os.File, shown func() string) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		device, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skip(err)
	}
	return device, func() string {
		_ = device.Close()
		text, _ := io.ReadAll(screen) // ends with EIO
		return strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

// hostile is a line that would change the title and the screen.
const hostile = "a\x1b]0;owned\x07\x1b[2J\u009b31m\u202eb\n"

// TestLogStreams holds that logs are neutral on a terminal and exact in a pipe, and that raw streams are exact on both.
func TestLogStreams(t *testing.T) {
	device, shown := terminal(t)
	var pipe bytes.Buffer
	a := &App{Streams: guarded(genericiooptions.IOStreams{Out: device, ErrOut: &pipe})}
	if !IsTerminal(a.Streams.Out) || IsTerminal(a.Streams.ErrOut) {
		t.Error("a guarded stream is not seen as what it is")
	}
	for _, w := range []io.Writer{a.LogStreams().Out, a.LogStreams().ErrOut, a.RawStreams().Out} {
		if _, err := io.WriteString(w, hostile); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := shown(), "a\ufffd]0;owned\ufffd\ufffd[2J\ufffd31m\ufffdb\n"+hostile; got != want {
		t.Errorf("%q on the terminal, want %q", got, want)
	}
	if pipe.String() != hostile {
		t.Errorf("%q in the pipe", pipe.String())
	}
}
