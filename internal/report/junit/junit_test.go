package junit_test

import (
	"bytes"
	"encoding/xml"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/junit"
)

func written(t *testing.T, failOn check.Severity, reports ...*report.Report) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := junit.Write(&out, slices.Values(reports), junit.Options{Plugin: "doctor", FailOn: failOn}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	all := doctortest.Examples()
	for _, name := range []string{"disruptive", "unknown", "file", "degraded"} {
		doctortest.Golden(t, "testdata/"+name+".xml", written(t, check.Error, all[name]))
	}
	doctortest.Golden(t, "testdata/degraded-fail-on-warning.xml", written(t, check.Warning, all["degraded"]))
	doctortest.Golden(t, "testdata/list.xml", written(t, check.Error, all["healthy"], all["several"], all["info"]))
	doctortest.Golden(t, "testdata/none.xml", written(t, check.Error))
}

// TestFailuresMatchTheExitCode holds that a report has a failure exactly where its findings lead to the exit code for findings.
func TestFailuresMatchTheExitCode(t *testing.T) {
	for name, r := range doctortest.Examples() {
		for _, failOn := range []check.Severity{check.Error, check.Warning, check.Info} {
			var read struct {
				Suites []struct {
					Failures int `xml:"failures,attr"`
				} `xml:"testsuite"`
			}
			if err := xml.Unmarshal(written(t, failOn, r), &read); err != nil {
				t.Fatal(err)
			}
			want := report.ExitCode(r, failOn, true) == report.ExitFindings
			if got := read.Suites[0].Failures > 0; got != want {
				t.Errorf("%s with --fail-on=%s: failures: %v, want %v", name, failOn, got, want)
			}
		}
	}
}

// TestTime holds that a check's duration is in seconds.
func TestTime(t *testing.T) {
	var got []string
	for _, ms := range []int64{0, 7, 61_234} {
		result := doctortest.Result("TST0001", "pod", check.Passed)
		result.Milliseconds = ms
		var read struct {
			Cases []struct {
				Time string `xml:"time,attr"`
			} `xml:"testsuite>testcase"`
		}
		if err := xml.Unmarshal(written(t, check.Error, doctortest.ReportOf(result)), &read); err != nil {
			t.Fatal(err)
		}
		got = append(got, read.Cases[0].Time)
	}
	if diff := cmp.Diff([]string{"0.000", "0.007", "61.234"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestHostile holds that whatever the cluster wrote, the XML has the three tests of the report and no characters that XML cannot hold.
func TestHostile(t *testing.T) {
	for kind, r := range doctortest.Hostile() {
		text := written(t, check.Error, r)
		var read struct {
			Cases []struct {
				Failure *struct {
					Text string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testsuite>testcase"`
		}
		if err := xml.Unmarshal(text, &read); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if len(read.Cases) != 3 || read.Cases[0].Failure == nil || read.Cases[1].Failure != nil {
			t.Errorf("%s: %.2000s", kind, text)
		}
		if bytes.Contains(text, []byte("<script")) || bytes.ContainsAny(text, "\x00\x07\x1b\r\ufffe\uffff") || !utf8.Valid(text) {
			t.Errorf("%s: markup or bytes of the cluster are in the XML: %.2000q", kind, text)
		}
	}
}
