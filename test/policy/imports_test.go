// Package policy tests the repository itself.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/akstools/akstools/"

// layers are the layers of the repository, top first: a package may import packages of its own layer and of those below. Patterns are
// those of path.Match for the first elements of a package's path; the pattern with the most elements decides.
var layers = [][]string{
	{"cmd/*"},
	{"plugins/*"},
	{"plugins/*/checks", "plugins/*/onward", "plugins/*/packets"},
	{"plugins/*/facts"},
	{"internal/doctor"},
	{"internal/cluster", "internal/azure", "internal/testpod", "internal/transfer", "internal/capture"},
	{"internal/cli", "internal/openssh", "internal/noderun"},
	{"internal/nodepod", "internal/jobpod", "internal/dial", "internal/kube"},
	{"internal/fact", "internal/report", "internal/localfile", "internal/greeting"},
	pure,
}

// pure are the packages without I/O. They import no client of Kubernetes.
var pure = []string{
	"internal/check", "internal/podhealth", "internal/endpoints", "internal/netpolicy", "internal/azurelb", "internal/ingress",
	"internal/firewall", "internal/errtext", "internal/redact", "internal/stream", "internal/nodecheck", "internal/archive",
	"internal/cmdline", "internal/azure/id", "internal/azure/topology", "internal/jsonstream", "internal/nsg",
	"internal/capture/pcap", "internal/capture/trace", "internal/capture/filter", "internal/podprocess",
}

// layer returns the index of the package's layer, or -1.
func layer(pkg string) int {
	found, longest := -1, 0
	for i, patterns := range layers {
		for _, p := range patterns {
			if n := strings.Count(p, "/") + 1; n > longest && in(pkg, []string{p}) {
				found, longest = i, n
			}
		}
	}
	return found
}

// in reports whether one of the patterns is for the package or for a package above it in the tree.
func in(pkg string, patterns []string) bool {
	parts := strings.Split(pkg, "/")
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		n := strings.Count(pattern, "/") + 1
		if len(parts) < n {
			return false
		}
		ok, _ := path.Match(pattern, strings.Join(parts[:n], "/"))
		return ok
	})
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

func TestImportsFollowTheLayers(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		if layer(from) < 0 {
			t.Errorf("%s is in no layer: add it to layers", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				if (in(from, pure) || in(from, checks)) && strings.HasPrefix(imported, "k8s.io/client-go") {
					t.Errorf("%s is pure and imports %s", from, imported)
				}
				continue
			}
			if layer(to) < layer(from) {
				t.Errorf("%s imports %s, which is in a higher layer", from, to)
			}
			for _, why := range forbidden(from, to) {
				t.Errorf("%s imports %s: %s", from, to, why)
			}
		}
	}
}

var (
	checks  = []string{"plugins/*/checks", "plugins/*/onward", "plugins/*/packets"}
	writers = []string{"internal/report", "internal/doctor"}
)

// forbidden returns the rules that the import breaks, besides the order of the layers.
func forbidden(from, to string) (broken []string) {
	a, b := strings.Split(from, "/"), strings.Split(to, "/")
	rule := func(breaks bool, text string) {
		if breaks {
			broken = append(broken, text)
		}
	}
	samePlugin := a[0] == "plugins" && b[0] == "plugins" && a[1] == b[1]
	rule(a[0] == "plugins" && b[0] == "plugins" && !samePlugin, "a plugin never imports another plugin")
	rule(in(from, checks) && !in(to, pure) && !samePlugin, "checks import facts of their plugin and pure packages only")
	rule(in(from, writers) && (b[0] == "plugins" || in(to, []string{"internal/cluster", "internal/azure"})),
		"what is common to the doctors knows neither a plugin nor how facts are gathered")
	rule(in(from, []string{"internal/cluster", "internal/azure"}) && to == "internal/fact", "readers remember nothing")
	rule(in(to, []string{"internal/azure"}) && !in(to, pure) && !in(from, []string{"plugins/*/facts", "plugins/aksnode", "internal/azure"}),
		"only facts and aksnode ask Azure")
	return broken
}
