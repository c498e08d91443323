package noderun

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// invoker runs scripts on this computer, with a directory in the place of /run.
func invoker(t *testing.T, calls *int) Invoke {
	t.Helper()
	if _, err := os.Stat("/usr/bin/bash"); err != nil {
		t.Skip("no bash on this computer")
	}
	dir := t.TempDir()
	return func(ctx context.Context, _, script string) (string, error) {
		*calls++
		cmd := exec.CommandContext(ctx, "sh")
		here := strings.NewReplacer("mktemp -d /run/", "mktemp -d "+dir+"/", " part /run/", " part "+dir+"/")
		cmd.Stdin = strings.NewReader(here.Replace(script))
		cmd.Env = []string{"PATH=/usr/bin:/bin"}
		out, err := cmd.Output()
		t.Cleanup(func() {
			left, _ := filepath.Glob(dir + "/*")
			if len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
		return strings.ReplaceAll(string(out), dir+"/", "/run/") + "\n", err
	}
}

// TestInvoked runs the scripts on this computer: short results come at once, longer ones in parts, and nothing is left.
func TestInvoked(t *testing.T) {
	var random strings.Builder // which gzip does not make shorter
	for i := range 900 {
		random.WriteString(strings.Repeat(string(rune('a'+i%26)), i%7) + string(rune('!'+i*i%90)))
	}
	for name, c := range map[string]struct {
		argv  []string
		parts int
		keep  bool
		out   string
		code  int
		calls int
		cut   bool
	}{
		"short":         {[]string{"sh", "-c", "echo out; echo err >&2; exit 3"}, 1, false, "out\n", 3, 1, false},
		"quotes":        {[]string{"echo", "it's", `"\`, "$HOME", "`id`"}, 1, false, "it's \"\\ $HOME `id`\n", 0, 1, false},
		"home":          {[]string{"sh", "-c", "echo $HOME"}, 1, false, "/root\n", 0, 1, false},
		"parts":         {[]string{"printf", "%s", random.String()}, 20, false, random.String(), 0, 8, false},
		"too long":      {[]string{"seq", "1", "200000"}, 1, false, "1\n2\n", 0, 1, true},
		"the end of it": {[]string{"seq", "1", "200000"}, 1, true, "199999\n200000\n", 0, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			r := &Invoked{Invoke: invoker(t, &calls), Most: 600, Parts: c.parts, Overhead: time.Minute}
			out, err := r.Run(t.Context(), "n", Command{Argv: c.argv, KeepEnd: c.keep})
			got := string(out.Stdout)
			right := got == c.out
			if c.cut {
				right = strings.HasPrefix(got, c.out) && !c.keep || strings.HasSuffix(got, c.out) && c.keep
			}
			if err != nil || !right || out.ExitCode != c.code || out.Truncated != c.cut || (calls > 1) != (c.calls > 1) {
				t.Errorf("%q, exit code %d, truncated %v, %d calls, %v", got, out.ExitCode, out.Truncated, calls, err)
			}
		})
	}
}

// The largest result that cp --via azure takes, 64 KiB that cannot be compressed, fits into the parts that it allows.
func TestInvokedLargest(t *testing.T) {
	content := make([]byte, 64<<10)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(content) // never fails
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	calls := 0
	r := &Invoked{Invoke: invoker(t, &calls), Most: 4096, Parts: 24, Overhead: time.Minute}
	out, err := r.Run(t.Context(), "n", Command{Argv: []string{"cat", file}})
	if err != nil || !bytes.Equal(out.Stdout, content) || out.Truncated {
		t.Errorf("%d bytes in %d calls, truncated %v, %v", len(out.Stdout), calls, out.Truncated, err)
	}
}

// A machine whose agent does not respond is not waited for without limit.
func TestInvokedHangs(t *testing.T) {
	r := &Invoked{Most: 600, Parts: 1, Overhead: time.Millisecond, Invoke: func(ctx context.Context, _, _ string) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}}
	_, err := r.Run(t.Context(), "n", Command{Argv: []string{"true"}, Timeout: time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "no result within 2ms") {
		t.Error(err)
	}
}

// A command's own exit code 124 is its exit code, however long Azure takes to run it.
func TestInvokedOwn124(t *testing.T) {
	message := pack(124, "out", "", 3, 0)
	r := &Invoked{Most: 600, Parts: 3, Overhead: time.Minute, Invoke: func(context.Context, string, string) (string, error) {
		time.Sleep(60 * time.Millisecond) // the run command's own half a minute
		return "akstools-part - " + strconv.Itoa(len(message)) + "\n" + message, nil
	}}
	out, err := r.Run(t.Context(), "n", Command{Argv: []string{"sh", "-c", "exit 124"}, Timeout: 50 * time.Millisecond})
	if err != nil || out.ExitCode != 124 {
		t.Errorf("%+v, %v", out, err)
	}
}

// A node that returns a byte a part does not keep the client busy for hours.
func TestInvokedParts(t *testing.T) {
	calls := 0
	r := &Invoked{Most: 4096, Parts: 24, Overhead: time.Minute, Invoke: func(context.Context, string, string) (string, error) {
		if calls++; calls == 1 {
			return "akstools-part /run/akstools.0123456789 90000\n" + strings.Repeat("x", 10), nil
		}
		return "x", nil
	}}
	_, _ = r.Run(t.Context(), "n", Command{Argv: []string{"true"}})
	if calls > 2*24 {
		t.Errorf("%d run commands", calls)
	}
}

// What a node answers is not trusted.
func TestInvokedAnswers(t *testing.T) {
	good := pack(0, "out", "", 3, 0)
	for name, answers := range map[string][]string{
		"nothing":            {""},
		"not ours":           {"bash: not found\n"},
		"another directory":  {"akstools-part /run/akstools.../../etc 9999\nx"},
		"an option":          {"akstools-part --help 9999\nx"},
		"longer than asked":  {"akstools-part /run/akstools.0123456789 999999\nx"},
		"shorter than said":  {"akstools-part - 999\nakstools2"},
		"a part is missing":  {"akstools-part /run/akstools.0123456789 200\nx", ""},
		"more than said":     {"akstools-part /run/akstools.0123456789 10\nx", "0123456789"},
		"corrupt":            {"akstools-part - 9\nakstools2"},
		"parts that are not": {"akstools-part /run/akstools.0123456789 20\nx", "0123456789", "012345678"},
	} {
		n := 0
		r := &Invoked{Most: 600, Parts: 3, Overhead: time.Minute, Invoke: func(context.Context, string, string) (string, error) {
			if n++; n > len(answers) {
				return "", errors.New("asked too often")
			}
			return answers[n-1], nil
		}}
		if out, err := r.Run(t.Context(), "n", Command{Argv: []string{"true"}}); err == nil {
			t.Errorf("%s: accepted as %+v", name, out)
		} else if strings.Contains(err.Error(), "too often") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := &Invoked{Most: 600, Parts: 3, Overhead: time.Minute, Invoke: func(context.Context, string, string) (string, error) {
		return "akstools-part - " + strconv.Itoa(len(good)) + "\n" + good + "\n", nil
	}}
	if out, err := r.Run(t.Context(), "n", Command{Argv: []string{"true"}, Timeout: time.Minute}); err != nil || string(out.Stdout) != "out" {
		t.Errorf("%+v, %v", out, err)
	}
}
