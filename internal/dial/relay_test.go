package dial

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/stream"
)

// relayed runs the relay to addr on this computer, with env, and returns the data and the frames of its stdout.
func relayed(t *testing.T, tool Tool, addr, stdin string, env []string) (data string, frames []string) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/kernel/random/uuid"); err != nil {
		t.Skip("this is not Linux")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	argv := tool.command(host, port, 5*time.Second)
	argv[2] = strings.Replace(argv[2], "kill -USR1 1 ", ": ", 1) // 1 is not a pod's idle guard here
	program := argv[0]
	if dir, ok := strings.CutPrefix(strings.Join(env, ""), "PATH="); ok {
		program = filepath.Join(dir, program)
	}
	cmd := exec.Command(program, argv[1:]...)
	cmd.Env = append(append(os.Environ(), env...), ofRelay)
	cmd.Stdin = io.MultiReader(strings.NewReader(stdin), after(300*time.Millisecond)) // nc closes the connection at the end of stdin
	var out, errOut bytes.Buffer
	cmd.Stderr = &errOut
	w := stream.NewFrameWriter(&out, func(text string) { frames = append(frames, text) }, func(err error) { t.Error(err) })
	cmd.Stdout = w
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errOut.String())
	}
	w.Flush()
	return out.String(), frames
}

// after is a reader that ends after the duration.
type after time.Duration

func (d after) Read([]byte) (int, error) {
	time.Sleep(time.Duration(d))
	return 0, io.EOF
}

// ofRelay is in the environment of the relay's processes.
const ofRelay = "AKSTOOLS_TEST=relay"

// arguments returns the arguments of all processes of the relay.
func arguments() string {
	var all strings.Builder
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if env, err := os.ReadFile(file); err == nil && strings.Contains(string(env), ofRelay) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			fmt.Fprintf(&all, "%q\n", line)
		}
	}
	return all.String()
}

// busybox returns a directory with the programs of busybox, or "" if this computer has none.
func busybox(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("busybox")
	if err != nil {
		return ""
	}
	dir := t.TempDir()
	for _, name := range []string{"sh", "nc", "dd"} {
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// The relays' scripts connect, pass data on, report how that went, and keep the frames' marker out of all arguments.
func TestRelayScripts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := make(chan string, 2)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hello := make([]byte, 5)
			_, _ = io.ReadFull(c, hello)
			seen <- arguments()
			fmt.Fprintf(c, "%s\x00you", hello)
			_ = c.Close()
		}
	}()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for _, tool := range []Tool{Bash, Netcat} {
		var env []string
		if tool == Netcat {
			dir := busybox(t)
			if dir == "" {
				t.Skip("no busybox on this computer")
			}
			env = []string{"PATH=" + dir}
		}
		data, frames := relayed(t, tool, l.Addr().String(), "hello", env)
		if data != "hello\x00you" || len(frames) != 2 || !slices.Contains([]string{"C", "D"}, frames[0]) || frames[1] != "R" {
			t.Errorf("tool %d: got %q and the frames %q", tool, data, frames)
		}
		if args := <-seen; !strings.Contains(args, "relay") || uuid.MatchString(args) {
			t.Errorf("tool %d: the marker is an argument: %q", tool, uuid.FindString(args))
		}
		data, frames = relayed(t, tool, closed.Addr().String(), "hello", env)
		if data != "" || len(frames) != 1 || !strings.HasPrefix(frames[0], "F") {
			t.Errorf("tool %d: got %q and the frames %q", tool, data, frames)
		}
	}
}
