package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const (
	reg  = byte(tar.TypeReg)
	sym  = byte(tar.TypeSymlink)
	hard = byte(tar.TypeLink)
	dir  = byte(tar.TypeDir)
)

func into(t *testing.T, path string, stream []byte) (Summary, error) {
	t.Helper()
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return Unpack(bytes.NewReader(stream), root, "/packed", 0)
}

// leadingOut returns the links below path, of those in the tree as it is, that lead outside or through something that does not exist
// yet, with which they would.
func leadingOut(t *testing.T, path string) []string {
	t.Helper()
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var out []string
	_ = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink == 0 {
			return err
		}
		to, _ := root.Readlink(name)
		if _, err := root.Stat(name); err != nil && !isDangling(err) || filepath.IsAbs(to) || climbs(name, to) {
			out = append(out, name+" -> "+to)
		}
		return nil
	})
	return out
}

// climbs reports whether the target climbs above the directory, or after a name.
func climbs(name, to string) bool {
	depth, down := strings.Count(name, "/"), false
	for _, step := range strings.Split(to, "/") {
		switch step {
		case "", ".":
		case "..":
			depth--
			if depth < 0 || down {
				return true
			}
		default:
			down = true
		}
	}
	return false
}

// After an error there are no links, wherever the stream breaks.
func TestNoLinksAfterError(t *testing.T) {
	whole := archive(t,
		tar.Header{Name: "d/", Typeflag: dir}, tar.Header{Name: "d/x", Typeflag: sym, Linkname: ".."},
		tar.Header{Name: "y", Typeflag: sym, Linkname: "d/x/.."}, tar.Header{Name: "z", Typeflag: reg},
	)
	for n := 0; n < len(whole)-1024; n += 512 {
		path := t.TempDir()
		if _, err := into(t, path, append(bytes.Clone(whole[:n]), bytes.Repeat([]byte("garbage."), 128)...)); err == nil {
			t.Fatalf("cut at %d: no error", n)
		}
		if links := strings.Join(describe(t, path), "\n"); strings.Contains(links, "->") {
			t.Errorf("cut at %d: %s", n, links)
		}
	}
}

// On Windows, a target with a backslash leads elsewhere than on the node.
func TestLinksWithBackslashes(t *testing.T) {
	for to, want := range map[string]struct{ windows, others bool }{
		`x`:             {true, true},
		`../x`:          {true, true},
		`../../x`:       {false, false},
		`..\..\x`:       {false, true},
		`x\..\..\..\y`:  {false, true},
		`C:\Windows\x`:  {false, true},
		`\\host\share\`: {false, true},
		`a/b\..\..\..`:  {false, true},
	} {
		if got := within("d/link", to, '\\'); got != want.windows {
			t.Errorf("%s on Windows: %t", to, got)
		}
		if got := within("d/link", to, '/'); got != want.others {
			t.Errorf("%s: %t", to, got)
		}
	}
}

// A link that only what comes later makes lead outside is left out, as is one that does so through a link that existed before.
func TestLinksCompletedLater(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "in")
	for _, d := range []string{path, filepath.Join(path, "own")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("..", filepath.Join(path, "mine")); err != nil { // the user's own, which leads outside
		t.Fatal(err)
	}
	if err := os.Symlink("own", filepath.Join(path, "shallow")); err != nil {
		t.Fatal(err)
	}
	summary, err := into(t, path, archive(t,
		tar.Header{Name: "d/e/", Typeflag: dir}, tar.Header{Name: "d/x", Typeflag: sym, Linkname: ".."},
		tar.Header{Name: "missing-up", Typeflag: sym, Linkname: "d/x/missing/../.."},
		tar.Header{Name: "through-mine", Typeflag: sym, Linkname: "mine/file"},
		tar.Header{Name: "deep/a/b/l", Typeflag: sym, Linkname: "../../../x"},
		tar.Header{Name: "hard", Typeflag: hard, Linkname: "deep/a/b/l"}, // at another depth the target is outside
		tar.Header{Name: "own/own/l", Typeflag: sym, Linkname: "../../x"},
		tar.Header{Name: "shallow/sub/l", Typeflag: sym, Linkname: "../../x"},
		tar.Header{Name: "short", Typeflag: sym, Linkname: "d/e/../../z"},
		tar.Header{Name: "z", Typeflag: reg},
	))
	if err != nil {
		t.Fatal(err)
	}
	var skipped []string
	for _, s := range summary.Skipped {
		skipped = append(skipped, s.Name)
	}
	if got := strings.Join(skipped, " "); got != "hard missing-up shallow/sub/l through-mine" {
		t.Errorf("skipped: %s", got)
	}
	if to, err := os.Readlink(filepath.Join(path, "short")); err != nil || to != "z" {
		t.Errorf("short -> %s, %v", to, err)
	}
	if out := leadingOut(t, path); len(out) != 1 { // the user's own
		t.Error(out)
	}
}

// A link does not replace a directory with something in it.
func TestLinkInPlaceOfDirectory(t *testing.T) {
	path := t.TempDir()
	summary, err := into(t, path, archive(t,
		tar.Header{Name: "a/", Typeflag: dir}, tar.Header{Name: "l", Typeflag: sym, Linkname: "a"}, tar.Header{Name: "l/x", Typeflag: reg},
	))
	if err != nil || len(summary.Skipped) != 1 {
		t.Errorf("%+v, %v", summary, err)
	}
	if entries, _ := os.ReadDir(filepath.Join(path, "a")); len(entries) > 0 {
		t.Error("the file was written through the link")
	}
}

// words builds names and targets of links.
var words = []string{"a", "b", "c", "..", "..", ".", "", "a", "B"}

// FuzzLinks unpacks two streams of entries one after the other into a directory, the second possibly cut, and holds that no link in it
// leads outside or could.
func FuzzLinks(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		some := func(n int) string {
			var parts []string
			for range 1 + random.IntN(n) {
				parts = append(parts, words[random.IntN(len(words))])
			}
			return strings.Join(parts, "/")
		}
		parent := t.TempDir()
		folder := filepath.Join(parent, "in")
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var headers []tar.Header
			for range 1 + random.IntN(8) {
				name := strings.TrimPrefix(path.Clean(strings.ReplaceAll(some(3), "..", "d")), "/")
				kind := []byte{reg, sym, sym, sym, hard, dir}[random.IntN(6)]
				headers = append(headers, tar.Header{Name: name, Typeflag: kind, Linkname: some(5)})
				if kind == hard {
					headers[len(headers)-1].Linkname = "./" + strings.ReplaceAll(some(3), "..", "d")
				}
			}
			stream := archive(t, headers...)
			if random.IntN(3) == 0 {
				stream = append(stream[:512*random.IntN(1+len(stream)/512)], bytes.Repeat([]byte("x"), 1024)...)
			}
			_, _ = into(t, folder, stream)
			if out := leadingOut(t, folder); len(out) > 0 {
				t.Fatalf("%+v: %q", headers, out)
			}
			if entries, _ := os.ReadDir(parent); len(entries) != 1 {
				t.Fatalf("%+v: written outside", headers)
			}
		}
	})
}

// A link to an absolute path within the directory points to the same file in the copy.
func TestAbsoluteLinks(t *testing.T) {
	reg, sym := byte(tar.TypeReg), byte(tar.TypeSymlink)
	dir, summary, err := unpack(t, archive(t,
		tar.Header{Name: "pods/x", Typeflag: reg},
		tar.Header{Name: "containers/deep/x", Typeflag: sym, Linkname: "/packed/pods/x"},
		tar.Header{Name: "./all", Typeflag: sym, Linkname: "/packed/"},
		tar.Header{Name: "beside", Typeflag: sym, Linkname: "/packed-too/x"},
		tar.Header{Name: "up", Typeflag: sym, Linkname: "/packed/../x"},
	))
	if err != nil || summary.Links != 2 || len(summary.Skipped) != 2 {
		t.Fatalf("%+v (%v)", summary, err)
	}
	for name, want := range map[string]string{"containers/deep/x": "../../pods/x", "all": "."} {
		if to, err := os.Readlink(filepath.Join(dir, name)); err != nil || to != want {
			t.Errorf("%s points to %q (%v)", name, to, err)
		}
	}
}

// A link that points outside only through another link is removed; a dangling link stays.
func TestLinksThroughLinks(t *testing.T) {
	sym := byte(tar.TypeSymlink)
	dir, summary, err := unpack(t, archive(t,
		tar.Header{Name: "d1/d2/ln", Typeflag: sym, Linkname: "../.."}, tar.Header{Name: "out", Typeflag: sym, Linkname: "d1/d2/ln/../x"},
		tar.Header{Name: "nowhere", Typeflag: sym, Linkname: "d1/y"}, tar.Header{Name: "round", Typeflag: sym, Linkname: "round"},
	))
	if err != nil || len(summary.Skipped) != 1 || summary.Skipped[0].Name != "out" || summary.Links != 3 {
		t.Errorf("%+v, %v, %v", summary, err, describe(t, dir))
	}
	if _, err := os.Lstat(filepath.Join(dir, "out")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the link exists", err)
	}
}

// A hard link to a skipped entry is skipped too.
func TestHardLinkToSkipped(t *testing.T) {
	dir, summary, err := unpack(t, archive(t,
		tar.Header{Name: "./pipe", Typeflag: tar.TypeFifo}, tar.Header{Name: "./b", Typeflag: tar.TypeLink, Linkname: "pipe"},
	))
	if err != nil || len(summary.Skipped) != 2 || summary.Links != 0 {
		t.Errorf("%+v, %v, %v", summary, err, describe(t, dir))
	}
}
