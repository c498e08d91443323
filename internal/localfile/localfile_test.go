package localfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// entries returns the names in the directory.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func hasText(t *testing.T, path, text string) {
	t.Helper()
	if b, err := os.ReadFile(path); err != nil || string(b) != text {
		t.Errorf("%s holds %q, %v, want %q", path, b, err, text)
	}
}

// A file appears when it is complete, with a mode of its own, in place of what was there.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.bundle")
	write(t, path, "old", 0o644)
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	hasText(t, path, "old")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	hasText(t, path, "new")
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names := entries(t, dir); !slices.Equal(names, []string{"a.bundle"}) {
		t.Errorf("the directory holds %q", names)
	}
}

// A file that is not completed leaves nothing, and leaves what was there.
func TestNotCommitted(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"new", "old"} {
		path := filepath.Join(dir, name)
		if name == "old" {
			write(t, path, "old", 0o600)
		}
		f, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("half"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	hasText(t, filepath.Join(dir, "old"), "old")
	if names := entries(t, dir); !slices.Equal(names, []string{"old"}) {
		t.Errorf("the directory holds %q", names)
	}
}

// Nothing is written through links that others have created at a known name, and no directory or device is replaced.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	write(t, victim, "precious", 0o644)
	for name, plant := range map[string]func(path string) error{
		"link":          func(path string) error { return os.Symlink(victim, path) },
		"dangling link": func(path string) error { return os.Symlink(filepath.Join(dir, "planted"), path) },
		"directory":     func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(dir, name)
		if err := plant(path); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, []byte("evil")); err == nil {
			t.Errorf("%s: written", name)
		}
		if f, err := OpenPart(path); err == nil {
			_ = f.Close()
			t.Errorf("%s: opened", name)
		}
	}
	if err := Write(dir+string(os.PathSeparator), nil); err == nil {
		t.Error("the path of a directory was accepted")
	}
	// a link planted while the content was written is not followed either
	path := filepath.Join(dir, "late")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Symlink(victim, path); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil {
		t.Error("the link was replaced")
	}
	hasText(t, victim, "precious")
	if _, err := os.Lstat(filepath.Join(dir, "planted")); err == nil {
		t.Error("a file was created through a link")
	}
}

func TestOpenPart(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "part")
	for i, want := range []string{"", "half"} {
		f, err := OpenPart(path)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 10)
		if n, _ := f.Read(b); string(b[:n]) != want {
			t.Errorf("%d: holds %q, want %q", i, b[:n], want)
		}
		if info, err := f.Stat(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%d: mode %v, %v", i, info.Mode(), err)
		}
		if i == 0 {
			if _, err := f.WriteString("half"); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A temporary file is the user's only, stays if it is committed, and does not if it is not.
func TestTemporary(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // of Windows
	for _, commit := range []bool{true, false} {
		f, err := Temporary("page-*.html")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("new"); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(f.Path()); err != nil || info.Mode() != 0o600 || filepath.Ext(f.Path()) != ".html" {
			t.Errorf("%s: mode %v, %v", f.Path(), info.Mode(), err)
		}
		if commit {
			if err := f.Commit(); err != nil {
				t.Fatal(err)
			}
			hasText(t, f.Path(), "new")
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if names := entries(t, dir); len(names) != 1 {
		t.Error(names)
	}
}
