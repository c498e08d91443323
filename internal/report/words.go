package report

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
)

// Word returns the word for the outcome of a check or a hop.
func Word(s check.Status) string {
	switch s {
	case check.Passed:
		return "passed"
	case check.Warn:
		return "degraded"
	case check.Fail:
		return "broken"
	case check.Skip:
		return "skipped"
	case check.Blocked:
		return "not checked yet"
	}
	return "unknown"
}

// VerdictWord returns the word for the status of a verdict.
func VerdictWord(s check.Status) string {
	if s == check.Passed {
		return "healthy"
	}
	return Word(s)
}

// State returns the clause that names the target, what it is, and at which hop, such as "pod/web is broken at hop app".
func State(r *Report) string {
	target := r.Target.String()
	if r.Target.Namespace != "" {
		target += " in namespace " + r.Target.Namespace
	}
	if r.Verdict.Status == check.Passed {
		return target + " is healthy"
	}
	return fmt.Sprintf("%s is %s at hop %s", target, VerdictWord(r.Verdict.Status), r.Verdict.Hop)
}

// StatusOf returns the status of a check with a finding of that severity.
func StatusOf(s check.Severity) check.Status {
	switch s {
	case check.Error:
		return check.Fail
	case check.Warning:
		return check.Warn
	}
	return check.Passed
}
