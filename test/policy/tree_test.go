package policy

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// files returns the files that git tracks.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skip("not a git checkout")
	}
	return strings.Split(strings.Trim(string(out), "\x00"), "\x00")
}

// eachSource calls f with each Go file of the programs, without tests.
func eachSource(t *testing.T, f func(name string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	for _, name := range files(t) {
		ours := strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "plugins/") || strings.HasPrefix(name, "cmd/")
		if !ours || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted and not yet committed
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		f(name, fset, file)
	}
}

// unwanted are put together here so that this file does not hold them.
var unwanted = []string{
	"proxy." + "golang.org", "sum." + "golang.org", "deb." + "debian.org", "registry." + "npmjs.org",
	"/" + "work/main", "/" + "work/shared", "/" + "root/go", "/root/" + ".cache",
}

func TestTreeNamesNoRegistryAndNoMachine(t *testing.T) {
	for _, name := range files(t) {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted and not yet committed
		}
		for _, text := range unwanted {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s holds %q", name, text)
			}
		}
	}
}

func TestGoFilesHoldOneNoun(t *testing.T) {
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue
		}
		if lines := bytes.Count(b, []byte("\n")); lines > 300 {
			t.Errorf("%s has %d lines: does it hold one noun?", name, lines)
		}
		for _, word := range []string{"/util/", "/common/", "/helpers/"} {
			if strings.Contains(name, word) {
				t.Errorf("%s: %s is no noun", name, word)
			}
		}
	}
}
