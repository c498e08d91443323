// Package formats holds what the built plugins write with -o sarif and -o junit against the schemas of these formats, and reads it with
// libraries of others. It is a module of its own, so that the plugins do not depend on those.
package formats

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const root = "../../.."

// bin is the directory with the built plugins.
var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if bin, err = os.MkdirTemp("", "formats"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(bin)
		build := exec.Command("go", "build", "-o", bin,
			"./cmd/kubectl-insideout", "./cmd/kubectl-tunneldoctor", "./cmd/kubectl-connectordoctor")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// plugins are the doctors with the directories of their fixtures.
func plugins() map[string][]string {
	return map[string][]string{
		"insideout":       {"plugins/insideout/checks/testdata", "plugins/insideout/onward/testdata"},
		"tunneldoctor":    {"plugins/tunneldoctor/checks/testdata"},
		"connectordoctor": {"plugins/connectordoctor/checks/testdata"},
	}
}

// fixtures returns the plugin's fixtures, which are the targets of bundles, sorted by file.
func fixtures(t *testing.T, plugin string) (all []any) {
	t.Helper()
	for _, dir := range plugins()[plugin] {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatal("no fixtures in", dir, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var target map[string]any
			if err := json.Unmarshal(text, &target); err != nil {
				t.Fatal(f, err)
			}
			all = append(all, target)
		}
	}
	return all
}

// bundle writes the targets to a file as --save does, and returns its path.
func bundle(t *testing.T, plugin string, targets ...any) string {
	t.Helper()
	var file bytes.Buffer
	z := gzip.NewWriter(&file)
	whole := map[string]any{"bundleVersion": 1, "plugin": plugin, "targets": targets}
	if err := errors.Join(json.NewEncoder(z).Encode(whole), z.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.bundle")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// written returns what the plugin writes about the bundle in the format. It fails the test unless there is a report.
func written(t *testing.T, plugin, bundle, format string) []byte {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "kubectl-"+plugin), "--from", bundle, "-o", format)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 2 && exit.ExitCode() != 3) {
		t.Fatalf("%s -o %s: %v: %.500s", plugin, format, err, stderr.String())
	}
	return stdout.Bytes()
}

// report is what the tests read of a report in JSON, with which the other formats must agree.
type report struct {
	Target  ref
	Verdict struct{ Status, Code string }
	Results []outcome
}

// outcome is a check's.
type outcome struct {
	Code, Name, Hop, Status string
	Findings                []finding
}

type finding struct {
	Severity string
	Also     []ref
}

type ref struct{ Kind, Namespace, Name string }

// reports returns the reports about the bundle.
func reports(t *testing.T, plugin, bundle string) []report {
	t.Helper()
	text := written(t, plugin, bundle, "json")
	var all struct{ Items []report }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if all.Items != nil {
		return all.Items
	}
	var one report
	if err := json.Unmarshal(text, &one); err != nil {
		t.Fatal(err)
	}
	return []report{one}
}
