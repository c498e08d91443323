package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// result is the finding as a result. Its commands are in the properties, as in the JSON of a report: in a message their braces would be
// doubled.
func (l *log) result(r *report.Report, of check.Result, f check.Finding, print string, verdict bool) *sarif.Result {
	target := f.Target
	if target == (check.Ref{}) {
		target = r.Target
	}
	locations := []*sarif.Location{locationOf(target)}
	for _, also := range f.Also {
		locations = append(locations, locationOf(also))
	}
	properties := sarif.NewPropertyBag().Add("hop", of.Hop).Add("target", r.Target).Add("verdict", verdict)
	if of.Symptom {
		properties.Add("symptom", true)
	}
	if len(f.Fixes) > 0 {
		properties.Add("fixes", f.Fixes)
	}
	if len(f.Evidence) > 0 {
		properties.Add("evidence", f.Evidence)
	}
	return sarif.NewRuleResult(f.Code).
		WithRuleIndex(l.index(f.Code)).
		WithLevel(level(f.Severity)).
		WithMessage(message(textOf(f))).
		WithLocations(locations).
		WithPartialFingerprints(map[string]string{fingerprint: print}).
		WithProperties(properties)
}

// level is the severity in SARIF.
func level(s check.Severity) string {
	switch s {
	case check.Error:
		return sarif.LevelError
	case check.Warning:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// textOf is the finding in sentences, one a line: viewers cut a message after the first, or join the lines. Of a fix it has the title.
func textOf(f check.Finding) string {
	lines := []string{closed(f.Summary)}
	if f.Cause != "" {
		lines = append(lines, closed("Cause: "+f.Cause))
	}
	label := "Fix: "
	for _, fix := range f.Fixes {
		lines = append(lines, closed(label+fix.FullTitle()))
		label = "Or: "
	}
	return strings.Join(lines, "\n")
}

// closed returns the text with a period at its end.
func closed(text string) string { return strings.TrimSuffix(text, ".") + "." }

// fingerprint is the name of the fingerprint by which GitHub recognizes a result of an earlier run
// (https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning). GitHub's own
// action computes it from lines of files, which there are none of here.
const fingerprint = "primaryLocationLineHash"

// prints are the fingerprints of a report's findings: the same for the same check, target and object, whatever the summary says.
type prints struct {
	target check.Ref
	seen   map[string]int
}

func newPrints(r *report.Report) *prints { return &prints{r.Target, map[string]int{}} }

// of returns the fingerprint of the next finding.
func (p *prints) of(f check.Finding) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", f.Code, p.target, f.Target))
	print := hex.EncodeToString(sum[:16])
	p.seen[print]++
	return fmt.Sprintf("%s:%d", print, p.seen[print])
}
