package html

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// mark is how a status is shown: in words, with an icon and a color, which the style sheet has for the class.
type mark struct{ Class, Word string }

func markOf(s check.Status) mark {
	m := mark{Class: "unknown", Word: report.Word(s)}
	switch s {
	case check.Passed, check.Warn, check.Fail, check.Skip, check.Blocked:
		m.Class = string(s)
	case check.Unknown:
	}
	return m
}

// severityMark is the mark of a finding.
func severityMark(s check.Severity) mark {
	switch s {
	case check.Error, check.Warning:
		return mark{Class: markOf(report.StatusOf(s)).Class, Word: string(s)}
	case check.Info:
	}
	return mark{Class: "info", Word: "info"}
}

// count is a number of results or verdicts.
type count struct {
	N    int
	Mark mark
	Word string
}

// countsOf counts the results by status.
func countsOf(results []check.Result) []count {
	n := map[check.Status]int{}
	for _, r := range results {
		n[r.Status]++
	}
	var all []count
	for _, s := range []check.Status{check.Fail, check.Warn, check.Unknown, check.Passed, check.Blocked, check.Skip} {
		word := report.Word(s)
		if s == check.Fail {
			word = "failed"
		}
		if n[s] > 0 {
			all = append(all, count{n[s], markOf(s), word})
		}
	}
	return all
}
