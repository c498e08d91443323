package release

import (
	"os"
	"strings"
	"testing"
)

// TestBuild holds that a release is built as SECURITY.md says, so that the same binaries can be built from any copy of the sources, that
// its archives have the licenses and notices, and that each binary has an SBOM.
func TestBuild(t *testing.T) {
	for path, parts := range map[string][]string{
		"../../SECURITY.md": {"CGO_ENABLED=0 go build -trimpath -buildvcs=false"},
		"../../Makefile":    {"CGO_ENABLED=0 go build -trimpath -buildvcs=false"},
		"../../.goreleaser.yaml": {
			"env: [CGO_ENABLED=0]", "flags: [-trimpath, -buildvcs=false]", "- src: LICENSE", "- src: .release/THIRD_PARTY_NOTICES",
			"sboms:\n  - artifacts: binary",
		},
	} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(string(b), part) {
				t.Errorf("%s: no %q", path, part)
			}
		}
	}
}
