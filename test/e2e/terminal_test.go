package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// terminal is a tmux session: a person at a terminal.
type terminal struct {
	t    *testing.T
	name string
}

func newTerminal(t *testing.T, l lab) terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux on this machine")
	}
	tm := terminal{t, fmt.Sprintf("akstools-%d", time.Now().UnixNano())}
	tm.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30",
		"env 'PS1=local> ' KUBECONFIG="+l.kubeconfig()+" XDG_STATE_HOME="+os.Getenv("XDG_STATE_HOME")+" bash --norc")
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", tm.name, "kill-server").Run() })
	tm.sees("local>")
	return tm
}

func (tm terminal) tmux(args ...string) string {
	tm.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", tm.name}, args...)...).CombinedOutput()
	if err != nil {
		tm.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// types sends a line, or a key such as C-c.
func (tm terminal) types(keys ...string) {
	tm.t.Helper()
	tm.tmux(append([]string{"send-keys"}, keys...)...)
}

// sees waits until the text is on the screen.
func (tm terminal) sees(text string) {
	tm.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		screen := tm.tmux("capture-pane", "-p")
		if strings.Contains(screen, text) {
			return
		}
		if time.Now().After(deadline) {
			tm.t.Fatalf("no %q on the screen:\n%s", text, screen)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// runs runs a command on an empty screen.
func (tm terminal) runs(line string) {
	tm.t.Helper()
	number := time.Now().UnixMicro()
	tm.types(fmt.Sprintf("clear; echo run $((%d+1)); %s", number, line), "Enter")
	tm.sees(fmt.Sprintf("run %d", number+1))
}

// ended waits until the command has exited, and checks its exit code.
func (tm terminal) ended(code int) {
	tm.t.Helper()
	tm.sees("local>")
	tm.types("echo code $?", "Enter")
	tm.sees(fmt.Sprintf("code %d", code))
}

// login opens a shell on the node and returns when its prompt appears.
func login(t *testing.T, l lab) terminal {
	t.Helper()
	tm := newTerminal(t, l)
	tm.types(l.path("bin/kubectl-aksnode")+" ssh -q "+node0, "Enter")
	tm.sees("root@" + node0)
	return tm
}

func TestTerminal(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	tm := login(t, l)
	tm.types("clear; echo size $(stty size); echo tty $(tty)", "Enter")
	tm.sees("size 30 100")
	tm.sees("tty /dev/pts/")
	tm.tmux("resize-window", "-x", "80", "-y", "24")
	time.Sleep(300 * time.Millisecond)
	tm.types("clear; echo size $(stty size)", "Enter")
	tm.sees("size 24 80")
	tm.types("clear; sleep 1000", "Enter")
	time.Sleep(300 * time.Millisecond)
	tm.types("C-c")
	tm.types("echo code $?", "Enter")
	tm.sees("code 130")
	tm.types("clear; sleep 1001", "Enter")
	time.Sleep(300 * time.Millisecond)
	tm.types("C-z")
	tm.sees("Stopped")
	tm.types("bg; kill %1; wait; clear; jobs; echo job gone", "Enter")
	tm.sees("job gone")
	tm.types("exit 5", "Enter")
	tm.ended(5)
}

// TestTerminalCommand: Ctrl-C stops a command on the node's terminal as it would locally.
func TestTerminalCommand(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	tm := newTerminal(t, l)
	tm.runs(l.path("bin/kubectl-aksnode") + " ssh -q -t " + node0 + " -- sh -c 'echo begin; exec sleep 1002'")
	tm.sees("begin")
	tm.types("C-c")
	tm.ended(130)
	tm.runs(
		l.path("bin/kubectl-aksnode") + ` ssh -q -t ` + node0 + ` -- sh -c 'trap "echo caught; exit 7" INT; echo begin; sleep 1003 & wait'`,
	)
	tm.sees("begin")
	tm.types("C-c")
	tm.sees("caught")
	tm.ended(7)
	if screen := tm.tmux("capture-pane", "-p"); strings.Contains(screen, "error") {
		t.Error(screen)
	}
}

func TestTerminalClosed(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	tm := login(t, l)
	tm.types("clear; echo begin; exec sleep 6600", "Enter")
	tm.sees("begin")
	tm.tmux("kill-server") // close the window: SIGHUP
	l.gone(t, 10*time.Second)
	l.processGone(t, node0, "sleep 6600", 5*time.Second)
}

// TestTerminalOpenSSH: ssh prompts the user, who answers at the terminal; the terminal is the node's.
func TestTerminalOpenSSH(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := windowsNode(t, l)
	ssh := l.path("bin/kubectl-aksnode") + " ssh -q " + windows
	tm := newTerminal(t, l)
	tm.runs(ssh + " -i " + key)
	tm.sees("Are you sure you want to continue connecting")
	tm.types("no", "Enter")
	tm.sees("was not confirmed")
	tm.sees("local>")
	tm.runs(ssh + " -i " + key)
	tm.sees("Are you sure you want to continue connecting")
	tm.types("yes", "Enter")
	tm.sees(":~$")
	tm.runs("echo on $(hostname), $(stty size)")
	tm.sees("on " + windows + ", 30 100")
	tm.tmux("resize-window", "-x", "80", "-y", "24")
	time.Sleep(300 * time.Millisecond)
	tm.runs("echo now $(stty size)")
	tm.sees("now 24 80")
	tm.runs("sleep 1000")
	time.Sleep(300 * time.Millisecond)
	tm.types("C-c")
	tm.types("echo code $?", "Enter")
	tm.sees("code 130")
	tm.types("exit 5", "Enter")
	tm.ended(5)
	tm.runs(ssh + " --password")
	tm.sees("password:")
	tm.types(windowsPassword, "Enter")
	tm.sees(":~$")
	tm.runs("echo again on $(hostname)")
	tm.sees("again on " + windows)
	tm.types("exit", "Enter")
	tm.sees("local>")
}

// TestTerminalCopy: a copy shows its progress and its result.
func TestTerminalCopy(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	file := l.removed(t, node0, "/var/tmp/akstools-terminal")
	l.on(t, node0, "sh", "-c", "head -c 150000000 /dev/urandom > "+file)
	tm := newTerminal(t, l)
	tm.runs(l.path("bin/kubectl-aksnode") + " cp " + node0 + ":" + file + " " + t.TempDir() + "/")
	tm.sees(" of 150.0 MB (")
	tm.sees(" MB/s")
	tm.sees("copied 1 file, 150.0 MB in ")
	if screen := tm.tmux("capture-pane", "-p"); strings.Contains(screen, "%)") {
		t.Errorf("what was shown meanwhile is left:\n%s", screen)
	}
}

// TestLogsOnTerminal holds that a log cannot change a terminal: its control characters are replaced there, and kept in a pipe.
func TestLogsOnTerminal(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	file := l.removed(t, node0, "/var/tmp/akstools-hostile-log")
	l.on(t, node0, "sh", "-c", `printf 'begin \033]2;owned\007 \033[2J \302\2332J end\n' > `+file)
	if r := l.aksnode(t, "logs", "-q", node0, "--file", file); r.stdout != "begin \x1b]2;owned\x07 \x1b[2J \u009b2J end\n" {
		t.Errorf("in a pipe: %+v", r)
	}
	tm := newTerminal(t, l)
	tm.runs(l.path("bin/kubectl-aksnode") + " logs -q " + node0 + " --file " + file)
	tm.sees("]2;owned")
	tm.sees("2J end")
	tm.ended(0)
	if title := tm.tmux("display-message", "-p", "#{pane_title}"); strings.Contains(title, "owned") {
		t.Errorf("the title is %q", title)
	}
}
