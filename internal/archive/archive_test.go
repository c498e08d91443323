package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// describe lists a directory: names, modes, times, links, contents.
func describe(t *testing.T, dir string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		line := fmt.Sprintf("%s %s %d", name, info.Mode(), info.ModTime().Unix())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			line = fmt.Sprintf("%s -> %s", name, to)
		case info.Mode().IsRegular():
			b, _ := os.ReadFile(path)
			_, shared := inodeOf(info)
			line += fmt.Sprintf(" %q %t", b, shared)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func sample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	old := time.Unix(1700000000, 0)
	for _, d := range []string{"a b/deep", "empty"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{
		"top": "1", "a b/ü\nx": "22", "a b/deep/" + strings.Repeat("n", 200): strings.Repeat("3", 100000), "-rf": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "a b/deep", "a b/up": "../top", "dangling": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "top"), filepath.Join(dir, "a b/hard")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"a b/deep", "a b", "empty"} {
		path := filepath.Join(dir, d)
		if err := os.Chmod(path, 0o550); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
	return dir
}

func unpack(t *testing.T, stream []byte) (string, Summary, error) {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
			if entry != nil && entry.IsDir() {
				_ = os.Chmod(path, 0o700)
			}
			return nil
		})
	})
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	summary, err := Unpack(bytes.NewReader(stream), root, "/packed", 0)
	return dir, summary, err
}

func TestRoundTrip(t *testing.T) {
	from := sample(t)
	var stream, again bytes.Buffer
	packed, err := Pack(context.Background(), from, &stream)
	if err != nil || stream.Len()%recordSize != 0 {
		t.Fatalf("%d bytes, %v", stream.Len(), err)
	}
	if _, err := Pack(context.Background(), from, &again); err != nil || !bytes.Equal(stream.Bytes(), again.Bytes()) {
		t.Errorf("a second stream differs (%v)", err)
	}
	to, unpacked, err := unpack(t, stream.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(describe(t, from), describe(t, to)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{".", "./a b", "./a b/deep", "./empty"}, packed.Packed); diff != "" {
		t.Error(diff)
	}
	packed.Packed = nil
	if diff := cmp.Diff(packed, unpacked); diff != "" {
		t.Error(diff)
	}
}

// Streams are compatible with tar(1), which nodes have, in both directions.
func TestWithTar(t *testing.T) {
	from, to := sample(t), t.TempDir()
	t.Cleanup(func() { _ = exec.Command("chmod", "-R", "u+rwx", to).Run() })
	var stream bytes.Buffer
	if _, err := Pack(context.Background(), from, &stream); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("tar", "-C", to, "--no-same-owner", "-xpf", "-")
	cmd.Stdin = &stream
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if diff := cmp.Diff(describe(t, from), describe(t, to)); diff != "" {
		t.Error(diff)
	}
	out, err := exec.Command("tar", "-C", from, "-cf", "-", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := unpack(t, out)
	if diff := cmp.Diff(describe(t, from), describe(t, back)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func archive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		h.Mode = 0o644
		if h.Typeflag == tar.TypeReg {
			h.Size = 4
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte("evil")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNothingWrittenOutside(t *testing.T) {
	outside := t.TempDir()
	target := filepath.Join(outside, "file")
	up := "../../../../../../../../../../.." + target
	reg, sym, hard := byte(tar.TypeReg), byte(tar.TypeSymlink), byte(tar.TypeLink)
	for name, headers := range map[string][]tar.Header{
		"absolute":                {{Name: target, Typeflag: reg}},
		"up":                      {{Name: up, Typeflag: reg}},
		"up within":               {{Name: "a/../b", Typeflag: reg}},
		"directory":               {{Name: "../x/", Typeflag: tar.TypeDir}},
		"hard link out":           {{Name: "x", Typeflag: hard, Linkname: up}},
		"link, then through it":   {{Name: "l", Typeflag: sym, Linkname: outside}, {Name: "l/file", Typeflag: reg}},
		"link up, then through":   {{Name: "l", Typeflag: sym, Linkname: strings.TrimSuffix(up, "/file")}, {Name: "l/file", Typeflag: reg}},
		"link, then in its place": {{Name: "l", Typeflag: sym, Linkname: target}, {Name: "l", Typeflag: reg}},
		"links in a chain": {
			{Name: "d/", Typeflag: tar.TypeDir},
			{Name: "d/l", Typeflag: sym, Linkname: ".."},
			{Name: "d/m", Typeflag: sym, Linkname: "l/.." + up},
			{Name: "d/m/file", Typeflag: reg},
		},
	} {
		dir, summary, err := unpack(t, archive(t, headers...))
		if entries, _ := os.ReadDir(outside); len(entries) > 0 {
			t.Fatalf("%s: something was written outside", name)
		}
		var unsafe *UnsafeError
		if !errors.As(err, &unsafe) && len(summary.Skipped) == 0 {
			t.Errorf("%s: nothing was reported: %+v, %v, %v", name, summary, err, describe(t, dir))
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("x"), "a/b", "../c", byte(tar.TypeSymlink))
	f.Add([]byte("x"), "/etc/x", "", byte(tar.TypeReg))
	f.Fuzz(func(t *testing.T, content []byte, name, link string, kind byte) {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range []tar.Header{
			{Name: name, Linkname: link, Typeflag: kind},
			{Name: name + "/x", Typeflag: tar.TypeReg, Size: int64(len(content))},
		} {
			if h.Typeflag == tar.TypeReg {
				h.Size = int64(len(content))
			}
			if w.WriteHeader(&h) != nil {
				return
			}
			if h.Typeflag == tar.TypeReg {
				_, _ = w.Write(content)
			}
		}
		_ = w.Close()
		parent := t.TempDir()
		dir := filepath.Join(parent, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		_, _ = Unpack(&b, root, "/packed", 0)
		if entries, _ := os.ReadDir(parent); len(entries) != 1 {
			t.Errorf("%q -> %q wrote outside", name, link)
		}
	})
}

// The mode of the directory itself is reported, not applied: it may be one that was here before.
func TestModeOfDirectory(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for dir, mode := range map[string]fs.FileMode{from: 0o750, to: 0o711} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	var stream bytes.Buffer
	if _, err := Pack(t.Context(), from, &stream); err != nil {
		t.Fatal(err)
	}
	summary, err := into(t, to, stream.Bytes())
	if err != nil || summary.Mode != 0o750 {
		t.Errorf("%+v, %v", summary, err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o711 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
