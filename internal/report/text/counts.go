package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// maxReasons is the number of reasons for skipped checks that are named.
const maxReasons = 2

// counts says how many checks there were, by what became of them, and why some were skipped.
func (p *page) counts(r *report.Report) {
	counts := map[check.Status]int{}
	skipped := map[string]int{}
	var reasons []string
	for _, result := range r.Results {
		counts[result.Status]++
		if result.Status == check.Skip {
			if skipped[result.Reason] == 0 {
				reasons = append(reasons, result.Reason)
			}
			skipped[result.Reason]++
		}
	}
	var parts []string
	for _, s := range []check.Status{check.Fail, check.Warn, check.Unknown, check.Passed, check.Blocked, check.Skip} {
		word := report.Word(s)
		if s == check.Fail {
			word = "failed"
		}
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], word))
		}
	}
	text := "Checks: " + strings.Join(parts, ", ")
	if len(reasons) > 0 && r.Verdict.Status == check.Passed {
		slices.SortStableFunc(reasons, func(a, b string) int { return skipped[b] - skipped[a] })
		shown := reasons[:min(maxReasons, len(reasons))]
		if len(reasons) > maxReasons {
			shown = append(shown, "...")
		}
		text += " (" + strings.Join(shown, "; ") + ")"
	}
	p.hanging("  ", 2, text+". Details: -v")
}
