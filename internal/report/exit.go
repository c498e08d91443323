package report

import "github.com/akstools/akstools/internal/check"

// The exit codes of the doctors. 1 is for a tool that failed or was misused.
const (
	ExitHealthy  = 0
	ExitUnknown  = 2
	ExitFindings = 3
)

// ExitCode returns the exit code for the report: ExitFindings if it has a finding of at least the severity failOn, or ExitUnknown if its
// verdict is unknown. The findings of a report whose verdict is unknown do not count, because an earlier check that could not decide may
// be their cause, unless allowUnknown is set. The exit code for several reports is the highest.
func ExitCode(r *Report, failOn check.Severity, allowUnknown bool) int {
	if r.Verdict.Status == check.Unknown && !allowUnknown {
		return ExitUnknown
	}
	for _, result := range r.Results {
		for _, f := range result.Findings {
			if f.Severity.AtLeast(failOn) {
				return ExitFindings
			}
		}
	}
	return ExitHealthy
}
