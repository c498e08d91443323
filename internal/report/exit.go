package report

import "github.com/akstools/akstools/internal/check"

// The exit codes of the doctors. 1 is for a tool that failed or was misused.
const (
	ExitHealthy  = 0
	ExitUnknown  = 2
	ExitFindings = 3
)

// ExitCode returns the exit code for the reports: ExitFindings if one has a finding of at least the severity failOn, otherwise
// ExitUnknown if a verdict is unknown. The findings of a report whose verdict is unknown do not count, because an earlier check that
// could not decide may be their cause, unless allowUnknown is set.
func ExitCode(reports []*Report, failOn check.Severity, allowUnknown bool) int {
	code := ExitHealthy
	for _, r := range reports {
		if r.Verdict.Status == check.Unknown && !allowUnknown {
			code = max(code, ExitUnknown)
			continue
		}
		for _, result := range r.Results {
			for _, f := range result.Findings {
				if f.Severity.AtLeast(failOn) {
					return ExitFindings
				}
			}
		}
	}
	return code
}
