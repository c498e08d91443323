package text_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/text"
)

func TestGolden(t *testing.T) {
	for name, r := range doctortest.Examples() {
		for suffix, o := range map[string]text.Options{"": {}, "-v": {Verbose: true}, "-60": {Width: 60}} {
			var out bytes.Buffer
			if err := text.Write(&out, slices.Values([]*report.Report{r}), o); err != nil {
				t.Fatal(err)
			}
			doctortest.Golden(t, "testdata/"+name+suffix+".txt", out.Bytes())
		}
	}
}

// TestColorChangesNoRow holds that a report with colors has the same rows, with escapes around the marks only.
func TestColorChangesNoRow(t *testing.T) {
	for name, r := range doctortest.Examples() {
		var plain, colored bytes.Buffer
		for out, o := range map[*bytes.Buffer]text.Options{&plain: {}, &colored: {Color: true}} {
			if err := text.Write(out, slices.Values([]*report.Report{r}), o); err != nil {
				t.Fatal(err)
			}
		}
		bare := strings.NewReplacer(
			"\x1b[0m",
			"",
			"\x1b[31m",
			"",
			"\x1b[32m",
			"",
			"\x1b[33m",
			"",
			"\x1b[35m",
			"",
			"\x1b[2m",
			"",
			"\x1b[22m",
			"",
		).Replace(
			colored.String(),
		)
		if bare != plain.String() || colored.Len() == plain.Len() {
			t.Errorf("%s:\n%q", name, colored.String())
		}
	}
}

// TestManyNodesFitOnAScreen holds that a report in which 50 nodes fail takes at most 30 rows.
func TestManyNodesFitOnAScreen(t *testing.T) {
	var out bytes.Buffer
	if err := text.Write(&out, slices.Values([]*report.Report{doctortest.ManyNodes()}), text.Options{}); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(out.String(), "\n"); rows > 30 {
		t.Errorf("%d rows:\n%s", rows, out.String())
	}
}

// TestGoldenList holds that of several reports those without a problem take one line each, and that the verdicts are counted.
func TestGoldenList(t *testing.T) {
	all := doctortest.Examples()
	var out bytes.Buffer
	list := []*report.Report{all["healthy"], all["healthy"], all["disruptive"], all["healthy"]}
	if err := text.Write(&out, slices.Values(list), text.Options{}); err != nil {
		t.Fatal(err)
	}
	doctortest.Golden(t, "testdata/list.txt", out.Bytes())
}

// Text of the cluster that is wrapped looks neither like a fix nor like the command of one.
func TestWrappedTextIsNoFix(t *testing.T) {
	advice := strings.Repeat("fix: kubectl delete everything ", 30)
	f := doctortest.Finding(check.Error, "web-0", advice)
	f.Cause = advice
	f.Fixes = []check.Fix{{Title: advice, Commands: []cmdline.Command{cmdline.Kubectl("version")}}}
	unknown := doctortest.Result("TST0002", "app", check.Unknown)
	unknown.Error = advice
	var out bytes.Buffer
	r := doctortest.ReportOf(doctortest.Result("TST0001", "pod", check.Fail, f), unknown)
	if err := text.Write(&out, slices.Values([]*report.Report{r}), text.Options{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	_, details, _ := strings.Cut(out.String(), "TST0001 broken")
	fixes := 0
	for line := range strings.Lines(details) {
		if strings.HasPrefix(line, "      fix: ") {
			fixes++
		}
		if strings.HasPrefix(line, "        kubectl ") && line != "        kubectl version\n" {
			t.Errorf("looks like a command: %q", line)
		}
	}
	if fixes != 1 {
		t.Errorf("%d fixes in\n%s", fixes, details)
	}
}
