// Package policy tests the repository itself.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/akstools/akstools/"

// layers are the floors of the house, top first: a package may import its own floor and those below, except that plugins
// do not import each other.
var layers = [][]string{
	{"cmd"},
	{"plugins"},
	{"internal/doctor"},
	{"internal/cli", "internal/facts", "internal/openssh"},
	{"internal/nodepod", "internal/noderun", "internal/dial", "internal/transfer", "internal/testpod", "internal/jobpod", "internal/kube"},
	{"internal/fact", "internal/check", "internal/endpoints", "internal/netpolicy", "internal/azurelb", "internal/ingress", "internal/firewall", "internal/errtext", "internal/redact", "internal/stream", "internal/nodecheck", "internal/archive", "internal/report", "internal/aim", "internal/azure/id"},
}

func floor(pkg string) int {
	for i, names := range layers {
		for _, n := range names {
			if pkg == n || strings.HasPrefix(pkg, n+"/") {
				return i
			}
		}
	}
	return -1
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./cmd/...", "./plugins/...", "./internal/...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsFollowTheArrow(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		if floor(from) < 0 {
			t.Errorf("%s stands on no floor of the house: see layers", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				if floor(from) == len(layers)-1 && strings.HasPrefix(imported, "k8s.io/client-go") {
					t.Errorf("%s is a leaf and imports %s", from, imported)
				}
				continue
			}
			if floor(to) < floor(from) {
				t.Errorf("%s imports %s, which stands above it", from, to)
			}
			a, b := strings.Split(from, "/"), strings.Split(to, "/")
			if a[0] == "plugins" && b[0] == "plugins" && a[1] != b[1] {
				t.Errorf("plugin %s imports plugin %s", a[1], b[1])
			}
		}
	}
}
