package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// What a node's tar stream makes this program remember is bounded.
func TestUnpackRemembersLittle(t *testing.T) {
	write := func(n int, name func(int) string) *bytes.Buffer {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := range n {
			if err := w.WriteHeader(&tar.Header{Name: name(i), Typeflag: tar.TypeFifo, Format: tar.FormatPAX}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return &b
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := Unpack(write(1, func(int) string { return strings.Repeat("x", 100_000) }), root, "/from", 0); err == nil ||
		!strings.Contains(err.Error(), "more than 4096 bytes") {
		t.Errorf("a long name: %v", err)
	}
	summary, err := Unpack(write(3000, func(i int) string { return fmt.Sprint(i) }), root, "/from", 0)
	if err != nil || len(summary.Skipped) != maxSkipped || summary.Unnamed != 3000-maxSkipped {
		t.Errorf("%d are named and %d are not, %v", len(summary.Skipped), summary.Unnamed, err)
	}
}

// Of more entries than there may be none is written, whatever they are, and long names count.
func TestUnpackStopsAfterTooManyEntries(t *testing.T) {
	for name, c := range map[string]struct {
		header func(i int) tar.Header
		max    int
		want   int // entries written, or that many and an error
		err    bool
	}{
		"as many":     {func(i int) tar.Header { return tar.Header{Name: fmt.Sprint(i), Typeflag: reg} }, 100, 100, false},
		"files":       {func(i int) tar.Header { return tar.Header{Name: fmt.Sprint(i), Typeflag: reg} }, 99, 99, true},
		"directories": {func(i int) tar.Header { return tar.Header{Name: fmt.Sprint(i), Typeflag: dir} }, 99, 99, true},
		"links":       {func(i int) tar.Header { return tar.Header{Name: fmt.Sprint(i), Linkname: "x", Typeflag: sym} }, 99, 0, true},
		"skipped":     {func(int) tar.Header { return tar.Header{Name: "x", Typeflag: tar.TypeFifo} }, 99, 0, true},
		"long names": {
			func(i int) tar.Header {
				return tar.Header{Name: fmt.Sprintf("%s/%d", strings.Repeat("x", 250), i), Typeflag: reg}
			}, 50, 1, true,
		},
		"no limit": {func(i int) tar.Header { return tar.Header{Name: fmt.Sprint(i), Typeflag: reg} }, 0, 100, false},
	} {
		path := t.TempDir()
		root, err := os.OpenRoot(path)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		var headers []tar.Header
		for i := range 100 {
			headers = append(headers, c.header(i))
		}
		_, err = Unpack(bytes.NewReader(archive(t, headers...)), root, "/packed", c.max)
		var tooMany *TooManyError
		if errors.As(err, &tooMany) != c.err || !c.err && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if written, err := os.ReadDir(path); err != nil || len(written) != c.want {
			t.Errorf("%s: %d are written, %v", name, len(written), err)
		}
	}
}

// Of a header only what is needed is remembered.
func TestUnpackForgetsHeaders(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	u := &unpacker{root: root, links: map[string]symlink{}, created: map[string]string{}, skipped: map[string]bool{}}
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	for i := range 100 {
		for kind, name := range map[byte]string{dir: "d", reg: "f", sym: "s", tar.TypeFifo: "p"} {
			record := strings.Repeat("x", 1<<20) + fmt.Sprint(name, i)
			h := &tar.Header{Typeflag: kind, PAXRecords: map[string]string{"comment": record}}
			h.Name, h.Linkname = record[1<<20:], record[1<<20:]
			if err := u.entry(h, strings.NewReader("")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if more := used() - min(before, used()); more > 10<<20 {
		t.Errorf("%d MiB are remembered", more>>20)
	}
	runtime.KeepAlive(u)
}
