package copy

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/archive"
)

// unpackOnNode unpacks the directory from into to, as on a node.
func unpackOnNode(t *testing.T, from, to string) (string, error) {
	t.Helper()
	var stream bytes.Buffer
	summary, err := archive.Pack(t.Context(), from, &stream)
	if err != nil {
		t.Fatal(err)
	}
	list := listOf(summary.Packed)
	return onNode(t, unpackScript, list+stream.String(), to, fmt.Sprint(stream.Len()), fmt.Sprint(len(list)))
}

// A link to a directory is kept where only root can have made it.
func TestUploadTreeThroughLinks(t *testing.T) {
	from := t.TempDir()
	if err := os.Mkdir(filepath.Join(from, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "sub", "file"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for mode, followed := range map[os.FileMode]bool{
		0o755: true, 0o700: true, 0o2755: true, 0o777 | os.ModeSticky: true,
		0o777: false, 0o775: false, 0o757: false, 0o775 | os.ModeSetgid: false,
	} {
		dir, outside := filepath.Join(t.TempDir(), "to"), t.TempDir()
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, "sub")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if out, err := unpackOnNode(t, from, dir); err != nil {
			t.Errorf("%v: %s, %v", mode, out, err)
		}
		if _, err := os.Stat(filepath.Join(outside, "file")); (err == nil) != followed {
			t.Errorf("%v: through the link: %v", mode, err == nil)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "sub", "file")); err != nil || string(b) != "x" {
			t.Errorf("%v: %q, %v", mode, b, err)
		}
	}
	fresh := filepath.Join(t.TempDir(), "new", "directory")
	out, err := unpackOnNode(t, from, fresh)
	if b, _ := os.ReadFile(filepath.Join(fresh, "sub", "file")); err != nil || string(b) != "x" {
		t.Errorf("%q, %s, %v", b, out, err)
	}
}

// A link that another user of the node has put below the destination is not followed, wherever it is; one that only root can have made
// is. Where both are, nothing is copied.
func TestUploadTreeThroughLinksBelow(t *testing.T) {
	const open, private = 0o777, 0o755
	for name, c := range map[string]struct {
		owned map[string]os.FileMode // directories of the destination
		links []string               // of the destination, which lead outside
		want  string                 // the links through which something was written, or "refused"
	}{
		"planted":              {map[string]os.FileMode{"a": open}, []string{"a/b"}, ""},
		"planted deeper":       {map[string]os.FileMode{"a": private, "a/b": open}, []string{"a/b/c"}, ""},
		"made by root":         {map[string]os.FileMode{"a": private}, []string{"a/b"}, "a/b"},
		"made by root, deeper": {map[string]os.FileMode{"a": private, "a/b": private}, []string{"a/b/c"}, "a/b/c"},
		"both":                 {map[string]os.FileMode{"a": private, "d": open}, []string{"a/b", "d/e"}, "refused"},
		"one can be planted":   {map[string]os.FileMode{"a": private, "d": open}, []string{"a/b"}, "refused"},
		"open, and not copied": {map[string]os.FileMode{"a": private, "z": open}, []string{"a/b", "z/y"}, "a/b"},
	} {
		from, to := t.TempDir(), t.TempDir()
		for _, d := range []string{"a/b/c", "d/e", "many"} {
			if err := os.MkdirAll(filepath.Join(from, d), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(from, d, "file"), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 450 { // more than are looked at in one go
			if err := os.Mkdir(filepath.Join(from, "many", fmt.Sprint(i)), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(to, private); err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{"a", "a/b", "d", "z"} {
			if _, ok := c.owned[d]; ok {
				if err := os.Mkdir(filepath.Join(to, d), private); err != nil {
					t.Fatal(err)
				}
			}
		}
		outside := map[string]string{}
		for _, l := range c.links {
			outside[l] = t.TempDir()
			if err := os.Chmod(outside[l], private); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside[l], filepath.Join(to, l)); err != nil {
				t.Fatal(err)
			}
		}
		for d, mode := range c.owned {
			if err := os.Chmod(filepath.Join(to, d), mode); err != nil {
				t.Fatal(err)
			}
		}
		out, err := unpackOnNode(t, from, to)
		if refused := err != nil; refused != (c.want == "refused") {
			t.Errorf("%s: %s, %v", name, out, err)
		}
		var through []string
		for _, l := range c.links {
			if written, _ := os.ReadDir(outside[l]); len(written) > 0 {
				through = append(through, l)
			}
		}
		if got := strings.Join(through, " "); got != strings.TrimSuffix(c.want, "refused") {
			t.Errorf("%s: written through %q: %s", name, got, out)
		}
	}
	if got := listOf([]string{".", "./a\nb"}); got != "//\n" {
		t.Errorf("%q", got)
	}
}
