package copy

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A copy is private until it is complete; then it has the mode that the directory has on the node, as
// far as only its owner may write.
func TestPublish(t *testing.T) {
	for mode, want := range map[fs.FileMode]fs.FileMode{0o700: 0o700, 0o750: 0o750, 0o755: 0o755, 0o555: 0o555, 0: 0o700, 0o777: 0o755} {
		dir := t.TempDir()
		part, dest := filepath.Join(dir, "new", "x.akstools-part"), filepath.Join(dir, "new", "x")
		for range 2 { // the second time there is an earlier copy
			if err := createPart(part); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(part); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%v, %v", info, err)
			}
			if err := os.WriteFile(filepath.Join(part, "file"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := publish(part, dest, mode); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(dest); err != nil || info.Mode().Perm() != want {
			t.Errorf("%v, want %v (%v)", info.Mode(), want, err)
		}
	}
}
