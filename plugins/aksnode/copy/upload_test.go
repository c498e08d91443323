package copy

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// onNode runs a script of an upload here.
func onNode(t *testing.T, script, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "sum() { sha256sum; }\n"+script)
	for i, a := range args {
		cmd.Env = append(cmd.Environ(), fmt.Sprintf("A%d=%s", i+1, a))
	}
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func TestUploadScripts(t *testing.T) {
	dir := t.TempDir()
	part, dest := filepath.Join(dir, "it's a part"), filepath.Join(dir, "dest")
	for _, step := range []struct {
		script, stdin, want string
		args                []string
	}{
		{sizeScript, "", "0", nil},
		{writeScript, "hello ", "", []string{"0", "6"}},
		{sizeScript, "", "6", nil},
		{writeScript, "world", "", []string{"6", "5"}},
		{commitScript, "", "", []string{sumOf("hello world"), "640", "1700000000", dest}},
		{commitScript, "", "", []string{sumOf("hello world"), "640", "1700000000", dest}}, // again: its result did not get back
	} {
		if out, err := onNode(t, step.script, step.stdin, append([]string{part}, step.args...)...); err != nil || out != step.want {
			t.Fatalf("%q, %v", out, err)
		}
	}
	b, _ := os.ReadFile(dest)
	info, err := os.Stat(dest)
	if err != nil || string(b) != "hello world" || info.Mode().Perm() != 0o640 || !info.ModTime().Equal(time.Unix(1700000000, 0)) {
		t.Errorf("%q, %v, %v", b, info, err)
	}
}

// What the script of a killed upload still writes, even after the next upload is done, does not change the copy.
func TestLateWriter(t *testing.T) {
	part, dest := filepath.Join(t.TempDir(), "part"), filepath.Join(t.TempDir(), "dest")
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	late := exec.Command("sh", "-c", writeScript)
	late.Env = append(late.Environ(), "A1="+part, "A2=0", "A3=5")
	in, err := late.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Start(); err != nil {
		t.Fatal(err)
	}
	for comm := ""; comm != "dd\n"; { // it has looked at the size
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", late.Process.Pid))
		if err != nil {
			t.Skip(err)
		}
		comm = string(b)
	}
	for _, step := range [][]string{{writeScript, part, "0", "5"}, {commitScript, part, sumOf("hello"), "600", "1700000000", dest}} {
		if out, err := onNode(t, step[0], "hello", step[1:]...); err != nil {
			t.Fatal(out, err)
		}
	}
	_, _ = in.Write([]byte("hello"))
	_ = in.Close()
	if err := late.Wait(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(dest); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
}

// What another user of the node puts in the place of an incomplete copy is neither written to nor changed.
func TestUploadThroughPlantedLinks(t *testing.T) {
	content := "root's"
	for name, plant := range map[string]func(victim, part string) error{
		"symbolic link": os.Symlink, "hard link": os.Link,
		"symbolic link to nothing": func(victim, part string) error { return os.Symlink(victim+"-new", part) },
	} {
		for script, args := range map[string][]string{
			sizeScript: nil, writeScript: {"6", "4"}, writeScript + " ": {"0", "4"}, commitScript: {sumOf(content), "666", "1700000000", "DIR/dest"},
		} {
			dir := t.TempDir()
			victim, part := filepath.Join(dir, "victim"), filepath.Join(dir, "part")
			if err := os.WriteFile(victim, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := plant(victim, part); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Stat(victim)
			args := append([]string{part}, args...)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "DIR", dir)
			}
			out, err := onNode(t, script, "evil", args...)
			b, _ := os.ReadFile(victim)
			after, _ := os.Stat(victim)
			if err == nil || string(b) != content || after.Mode() != before.Mode() || !after.ModTime().Equal(before.ModTime()) {
				t.Errorf("%s, %.60s: %q, %v; %q %v", name, strings.TrimPrefix(script, hold), out, err, b, after)
			}
			if _, err := os.Stat(victim + "-new"); err == nil {
				t.Errorf("%s, %.60s: a file was created", name, strings.TrimPrefix(script, hold))
			}
		}
	}
}
