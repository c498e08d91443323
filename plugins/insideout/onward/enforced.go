package onward

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// enforced is what a finding of a NetworkPolicy comes to, by whether policies are enforced: proved by the test pod, which a policy bars
// and which was barred; disproved by one that was not; else by whether a program that enforces them is seen.
func enforced(f check.Finding, way facts.OnwardPolicyResult, proved, disproved bool) []check.Finding {
	switch {
	case disproved:
		return nil
	case !proved && way.Engine == "":
		f.Severity = check.Warning
		f.Cause += "; whether this cluster enforces policies is unknown"
	}
	return []check.Finding{f}
}
