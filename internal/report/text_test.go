package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
)

func reportOf(name string, s check.Status, findings ...check.Finding) *Report {
	return New("doctor", check.Ref{Kind: "service", Namespace: "shop", Name: name}, []check.Result{{
		Code: "TST0001", Name: "it-works", Hop: "in", Title: "it works", Status: s, Findings: findings,
	}})
}

// Of several reports those without a fault are one line each, and they are counted.
func TestWriteAll(t *testing.T) {
	broken := reportOf("api", check.Fail, check.Finding{Code: "TST0001", Severity: check.Error, Summary: "it is off", Cause: "nobody turned it on"})
	var out strings.Builder
	text := &Text{Out: &out}
	if err := text.WriteAll([]*Report{reportOf("web", check.Passed), reportOf("db", check.Passed), broken, reportOf("mail", check.Passed)}); err != nil {
		t.Fatal(err)
	}
	want := `✓ service/web in namespace shop is healthy: no fault was found
✓ service/db in namespace shop is healthy: no fault was found

✗ service/api in namespace shop is broken at hop in: it is off (TST0001)
  nobody turned it on

  in ✗ fail

  ✗ TST0001 fail: it works

✓ service/mail in namespace shop is healthy: no fault was found

4 walked: 1 broken, 3 without a fault
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// One report is written whole.
func TestWriteOne(t *testing.T) {
	var out strings.Builder
	if err := (&Text{Out: &out}).WriteAll([]*Report{reportOf("web", check.Passed)}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "in ✓\n") || strings.Contains(out.String(), "walked") {
		t.Error(out.String())
	}
}
