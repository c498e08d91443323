package release

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestKrew renders the manifests for the archives of a snapshot release, validates them with krew's own program, and
// installs each plugin with krew. `make dist` sets AKSTOOLS_DIST to the directory of the archives.
func TestKrew(t *testing.T) {
	dist := os.Getenv("AKSTOOLS_DIST")
	if dist == "" {
		t.Skip("AKSTOOLS_DIST is not set: needs a snapshot release (make dist)")
	}
	root := t.TempDir() // krew's home
	for _, p := range Plugins() {
		text := manifest(p, "v0.0.0", func(archive string) string {
			b, err := os.ReadFile(filepath.Join(dist, archive))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(b)
			return fmt.Sprintf("uri: %s/releases/download/v0.0.0/%s\n    sha256: %s", repository, archive, hex.EncodeToString(sum[:]))
		})
		path := filepath.Join(dist, "krew", p.Name+".yaml")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, root, "go", "tool", "-modfile="+modfile(t), "validate-krew-manifest", "-manifest", path, "-skip-install")
		archive := platform{runtime.GOOS, runtime.GOARCH}.archive(p.Name)
		run(t, root, "go", "tool", "-modfile="+modfile(t), "krew", "install", "--manifest", path, "--archive", filepath.Join(dist, archive))
		installed := filepath.Join(root, "bin", "kubectl-"+p.Name)
		if help := run(t, root, installed, "--help"); !strings.Contains(help, "kubectl "+p.Name) {
			t.Errorf("%s --help: %s", installed, help)
		}
		if licences, _ := filepath.Glob(filepath.Join(root, "store", p.Name, "v0.0.0", "LICENSE")); len(licences) == 0 {
			t.Errorf("%s is installed without LICENSE", p.Name)
		}
	}
}

func modfile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../tools/release/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, krewRoot, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "KREW_ROOT="+krewRoot, "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}
