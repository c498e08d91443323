package sarif_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/sarif"
)

// options has the checks of the examples.
func options() sarif.Options {
	o := sarif.Options{Plugin: "doctor", Version: "v1.2.3"}
	for code, hop := range map[string]string{"TST0001": "pod", "TST0002": "app", "TST0003": "ingress", "TST0004": "client"} {
		doc := "hop " + hop + " works\n\nIt matters to {users},\nas a [table](https://example.com) says."
		source := "https://example.com/" + hop
		o.Checks = append(o.Checks, &check.Check{Code: code, Name: "it-works", Hop: hop, Doc: doc, Sources: []string{source}})
	}
	slices.SortFunc(o.Checks, func(a, b *check.Check) int { return strings.Compare(a.Code, b.Code) })
	return o
}

func written(t *testing.T, reports ...*report.Report) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := sarif.Write(&out, slices.Values(reports), options()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	all := doctortest.Examples()
	for _, name := range []string{"disruptive", "unknown", "file"} {
		doctortest.Golden(t, "testdata/"+name+".sarif", written(t, all[name]))
	}
	doctortest.Golden(t, "testdata/list.sarif", written(t, all["healthy"], all["several"], all["degraded"], all["info"]))
	doctortest.Golden(t, "testdata/none.sarif", written(t))
}

// log is what the tests read of a log.
type log struct {
	Runs []struct {
		Results []struct {
			RuleID              string
			RuleIndex           int
			Level               string
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				LogicalLocations []struct{ FullyQualifiedName string }
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct{ Level string }
		}
	}
}

func read(t *testing.T, text []byte) log {
	t.Helper()
	var l log
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestUnknownIsNoSuccess holds that a verdict that is unknown is an error of the run, and another unknown check a warning.
func TestUnknownIsNoSuccess(t *testing.T) {
	all := doctortest.Examples()
	for name, want := range map[string]string{"unknown": "error", "several": "warning"} {
		run := read(t, written(t, all[name])).Runs[0].Invocations[0]
		if run.ExecutionSuccessful != (want == "warning") || len(run.ToolExecutionNotifications) != 1 ||
			run.ToolExecutionNotifications[0].Level != want {
			t.Errorf("%s: %+v", name, run)
		}
	}
}

// TestFingerprintsAreStable holds that a finding keeps its fingerprint when its summary changes, and that no two of a report share one.
func TestFingerprintsAreStable(t *testing.T) {
	f := doctortest.Finding(check.Error, "web-0", "it restarted 5 times")
	g := f
	g.Summary = "it restarted 6 times"
	first := read(t, written(t, doctortest.ReportOf(doctortest.Result("TST0001", "pod", check.Fail, f)))).Runs[0].Results
	again := read(t, written(t, doctortest.ReportOf(doctortest.Result("TST0001", "pod", check.Fail, g, f)))).Runs[0].Results
	const key = "primaryLocationLineHash"
	if a, b := first[0].PartialFingerprints[key], again[0].PartialFingerprints[key]; a == "" || a != b {
		t.Errorf("%q became %q", a, b)
	}
	if again[0].PartialFingerprints[key] == again[1].PartialFingerprints[key] {
		t.Error("two findings have the same fingerprint")
	}
}

// TestMessagesAreLiteral holds that what the cluster wrote is neither a placeholder nor a link, and that objects' names are no way out of
// the path that names them.
func TestMessagesAreLiteral(t *testing.T) {
	f := doctortest.Finding(check.Error, "..", "see [the fix](https://evil.example/) of {0}")
	f.Target = check.Ref{Kind: "javascript:alert(1)//", Namespace: "..", Name: "../../etc/passwd"}
	result := read(t, written(t, doctortest.ReportOf(doctortest.Result("TST0001", "pod", check.Fail, f)))).Runs[0].Results[0]
	if text := result.Message.Text; strings.Contains(text, "](") || !strings.Contains(text, "{{0}}") {
		t.Error(text)
	}
	if uri := result.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "javascript%3Aalert%281%29%2F%2F/_../..%2F..%2Fetc%2Fpasswd" {
		t.Error(uri)
	}
}

// TestHostile holds that whatever the cluster wrote, there is one result and one notification, and no markup.
func TestHostile(t *testing.T) {
	for kind, r := range doctortest.Hostile() {
		text := written(t, r)
		run := read(t, text).Runs[0]
		if len(run.Results) != 1 || len(run.Invocations[0].ToolExecutionNotifications) != 1 || run.Results[0].Message.Text == "" {
			t.Errorf("%s: %.2000s", kind, text)
		}
		if bytes.ContainsAny(text, "<>\x1b") || !utf8.Valid(text) {
			t.Errorf("%s: markup or bytes of the cluster are in the log: %.2000q", kind, text)
		}
	}
}

// full is a Writer that fails after some bytes.
type full int

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

var errFull = errors.New("no space left on device")

func TestWriteErrors(t *testing.T) {
	r := doctortest.Examples()["several"]
	for size := 0; size < len(written(t, r)); size += 101 {
		f := full(size)
		if err := sarif.Write(&f, slices.Values([]*report.Report{r}), options()); !errors.Is(err, errFull) {
			t.Fatalf("after %d bytes: %v", size, err)
		}
	}
}
