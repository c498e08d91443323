package formats

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	joshdkjunit "github.com/joshdk/go-junit"
	"github.com/jstemmer/go-junit-report/v2/junit"
)

// TestJUnit holds that the XML of all fixtures is valid, and that of one, and that two readers of others find in it what the reports say.
func TestJUnit(t *testing.T) {
	var files []string
	dir := t.TempDir()
	for plugin := range plugins() {
		all := fixtures(t, plugin)
		for name, targets := range map[string][]any{"all": all, "one": all[:1]} {
			file := bundle(t, plugin, targets...)
			text := written(t, plugin, file, "junit")
			want := outcomes(plugin, reports(t, plugin, file))
			if diff := cmp.Diff(want, joshdk(t, text)); diff != "" {
				t.Errorf("joshdk/go-junit reads: %s", diff)
			}
			if diff := cmp.Diff(want, jstemmer(t, text)); diff != "" {
				t.Errorf("jstemmer/go-junit-report reads: %s", diff)
			}
			files = append(files, saved(t, dir, plugin+"-"+name+".xml", text))
		}
	}
	validXML(t, files...)
}

// outcomes returns each check with what becomes of it in JUnit, by --fail-on=error.
func outcomes(plugin string, all []report) (list []string) {
	for _, r := range all {
		for _, c := range r.Results {
			outcome := "passed"
			switch c.Status {
			case "fail":
				outcome = "failed"
			case "unknown", "blocked", "skip":
				outcome = "skipped"
			}
			list = append(list, fmt.Sprintf("%s.%s %s %s %s", plugin, c.Hop, c.Code, c.Name, outcome))
		}
	}
	return list
}

// joshdk reads the XML with github.com/joshdk/go-junit.
func joshdk(t *testing.T, text []byte) (list []string) {
	t.Helper()
	suites, err := joshdkjunit.Ingest(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range suites {
		if s.Totals.Tests != len(s.Tests) || s.Properties["verdict"] == "" {
			t.Errorf("%+v", s)
		}
		for _, c := range s.Tests {
			list = append(list, fmt.Sprintf("%s %s %s", c.Classname, c.Name, c.Status))
			if c.Status == joshdkjunit.StatusSkipped && c.Message == "" {
				t.Errorf("no reason: %+v", c)
			}
		}
	}
	return list
}

// jstemmer reads the XML with the types of github.com/jstemmer/go-junit-report.
func jstemmer(t *testing.T, text []byte) (list []string) {
	t.Helper()
	var suites junit.Testsuites
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	for _, s := range suites.Suites {
		failed, skipped := 0, 0
		for _, c := range s.Testcases {
			outcome := "passed"
			switch {
			case c.Failure != nil:
				outcome = "failed"
				failed++
			case c.Skipped != nil:
				outcome = "skipped"
				skipped++
			}
			list = append(list, fmt.Sprintf("%s %s %s", c.Classname, c.Name, outcome))
		}
		if s.Tests != len(s.Testcases) || s.Failures != failed || s.Skipped != skipped || s.Errors != 0 {
			t.Errorf("the counts are wrong: %+v", s)
		}
	}
	return list
}

func saved(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// validXML holds that the files are valid by the XSD of the Jenkins plugin xUnit (testdata/README.md), with xmllint of libxml2.
func validXML(t *testing.T, files ...string) {
	t.Helper()
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("not validated by the XSD: xmllint is missing (package libxml2-utils of Debian)")
	}
	args := append([]string{"--noout", "--nonet", "--schema", "testdata/junit-10.xsd"}, files...)
	if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%.2000s", err, out)
	}
}

// TestTheXSDRefuses holds that the XSD is one.
func TestTheXSDRefuses(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is missing (package libxml2-utils of Debian)")
	}
	wrong := saved(t, t.TempDir(), "x.xml", []byte(`<testsuites><testsuite name="x" tests="0"/></testsuites>`))
	out, err := exec.Command(xmllint, "--noout", "--nonet", "--schema", "testdata/junit-10.xsd", wrong).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("required")) || strings.Contains(string(out), "failed to load") {
		t.Errorf("%v: %s", err, out)
	}
}
