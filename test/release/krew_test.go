package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
		for _, name := range []string{"LICENSE", "THIRD_PARTY_NOTICES"} {
			if st, err := os.Stat(filepath.Join(root, "store", p.Name, "v0.0.0", name)); err != nil || st.Size() == 0 {
				t.Errorf("%s is installed without %s: %v", p.Name, name, err)
			}
		}
	}
}

// TestSBOM holds that the release says what each binary is made of, by the versions that are linked.
func TestSBOM(t *testing.T) {
	dist := os.Getenv("AKSTOOLS_DIST")
	if dist == "" {
		t.Skip("AKSTOOLS_DIST is not set: needs a snapshot release (make dist)")
	}
	checksums, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Plugins() {
		for _, on := range platforms() {
			name := fmt.Sprintf("kubectl-%s_%s_%s.cdx.json", p.Name, on.os, on.arch)
			b, err := os.ReadFile(filepath.Join(dist, name))
			if err != nil {
				t.Error(err)
				continue
			}
			var bom struct {
				Components []struct{ Name, Version string }
			}
			if err := json.Unmarshal(b, &bom); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			versions := map[string]string{}
			for _, c := range bom.Components {
				versions[c.Name] = c.Version
			}
			windows := versions["github.com/inconshreveable/mousetrap"] != ""
			if versions["k8s.io/client-go"] == "" || versions["std"] == "" || windows != (on.os == "windows") {
				t.Errorf("%s: %v", name, versions)
			}
			if !strings.Contains(string(checksums), name) {
				t.Errorf("checksums.txt lacks %s", name)
			}
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
