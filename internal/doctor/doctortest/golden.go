package doctortest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/text"
)

var update = flag.Bool("update", false, "write the golden files")

// Golden compares got with the content of the file at path. With -update it writes the file instead.
func Golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./... -update", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// GoldenTexts compares the text of each fixture's report, plain and verbose, with testdata/golden/NAME.txt and NAME-v.txt. Each
// fixture is evaluated twice, and both texts must be the same: what depends on the order of a map fails. A golden file of which
// there is no fixture fails too.
func GoldenTexts(t *testing.T, facts []fact.Any, checks []*check.Check) {
	expected := map[string]bool{}
	for name, text := range fixtures(t) {
		base := filepath.Join("testdata", "golden", strings.TrimSuffix(name, ".json"))
		for path, verbose := range map[string]bool{base + ".txt": false, base + "-v.txt": true} {
			expected[path] = true
			got := rendered(t, text, facts, checks, verbose)
			if again := rendered(t, text, facts, checks, verbose); !bytes.Equal(got, again) {
				t.Errorf("%s: two evaluations differ:\n%s", path, cmp.Diff(string(got), string(again)))
			}
			Golden(t, path, got)
		}
	}
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !expected[f] {
			t.Errorf("%s belongs to no fixture", f)
		}
	}
}

// rendered returns the text of the fixture's report without color.
func rendered(t *testing.T, fixture []byte, facts []fact.Any, checks []*check.Check, verbose bool) []byte {
	t.Helper()
	r, err := Report(fixture, facts, checks)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := text.Write(&out, slices.Values([]*report.Report{r}), text.Options{Verbose: verbose}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
