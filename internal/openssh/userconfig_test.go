package openssh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUserConfig(t *testing.T) {
	dir := t.TempDir()
	dotfiles := filepath.Join(dir, "dotfiles")
	const own = "Host *\n    ServerAliveInterval 30\n"
	if err := os.WriteFile(dotfiles, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	c := UserConfig{filepath.Join(dir, "ssh dir")}
	if err := os.Mkdir(c.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dotfiles, c.Main()); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		b, err := os.ReadFile(dotfiles)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, cluster := range []string{"one", "one", "two"} {
		if err := c.Write(cluster, "Host "+cluster+"\n"); err != nil {
			t.Fatal(err)
		}
		want := begin + "\nInclude \"" + c.Dir + "/akstools/*.conf\"\n" + end + "\n" + own
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Errorf("after %s: %s", cluster, diff)
		}
	}
	if info, err := os.Lstat(c.Main()); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the user's symbolic link was replaced: %v", err)
	}
	if had, err := c.Remove("one"); err != nil || !had || !strings.Contains(read(), "Include") {
		t.Errorf("%t, %v: another cluster's file is still included", had, err)
	}
	for _, want := range []bool{true, false} {
		if had, err := c.Remove("two"); err != nil || had != want || read() != own {
			t.Errorf("%t, %v, %q", had, err, read())
		}
	}
	if _, err := os.Stat(c.clusterDir()); err == nil {
		t.Error("the directory was not removed")
	}
}

func TestWithoutNeedsTheEnd(t *testing.T) {
	if _, err := without(begin + "\nHost x\n"); err == nil {
		t.Error("everything after a missing end would be removed")
	}
}

func FuzzWithout(f *testing.F) {
	f.Add("Host x\n" + begin + "\nInclude y\n" + end + "\r\nHost z")
	f.Fuzz(func(t *testing.T, text string) {
		rest, err := without(text)
		if err == nil && len(rest) > len(text) {
			t.Errorf("%q grew to %q", text, rest)
		}
	})
}

func TestAlso(t *testing.T) {
	c := UserConfig{t.TempDir()}
	for cluster, host := range map[string]string{"one": "aksnpwin000000", "two": "aksnpwin000000", "three": "aksnpwin000001"} {
		if err := c.Write(cluster, "# nodes\n\nHost "+host+"\n    User azureuser\n"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{c.File("one")}, c.Also("two", []string{"a", "aksnpwin000000"})); diff != "" {
		t.Error(diff)
	}
	if files := c.Also("three", []string{"aksnpwin000001"}); files != nil {
		t.Errorf("%v", files)
	}
}
