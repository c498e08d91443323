package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
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
	if _, err := Unpack(write(1, func(int) string { return strings.Repeat("x", 100_000) }), root, "/from"); err == nil ||
		!strings.Contains(err.Error(), "more than 4096 bytes") {
		t.Errorf("a long name: %v", err)
	}
	summary, err := Unpack(write(3000, func(i int) string { return fmt.Sprint(i) }), root, "/from")
	if err != nil || len(summary.Skipped) != maxSkipped+1 {
		t.Errorf("%d are named, %v", len(summary.Skipped), err)
	}
}
