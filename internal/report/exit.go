package report

import "github.com/akstools/akstools/internal/check"

// The exit codes of the doctors. 1 is for a tool that failed or was misused.
const (
	ExitHealthy   = 0
	ExitUndecided = 2
	ExitFindings  = 3
)

// ExitCode returns the code for reports: findings at or above failOn weigh more than what is undecided. A report that is
// undecided counts as such whatever was found behind the undecided check, unless allowUnknown is set.
func ExitCode(reports []*Report, failOn check.Severity, allowUnknown bool) int {
	code := ExitHealthy
	for _, r := range reports {
		if r.Verdict.Status == check.Unknown && !allowUnknown {
			code = max(code, ExitUndecided)
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
