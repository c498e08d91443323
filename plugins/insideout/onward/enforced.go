package onward

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// enforced adjusts a NetworkPolicy finding to the evidence that policies are enforced: proved (a policy denies the test pod,
// and it was blocked), disproved (it got through: the finding is dropped), or otherwise by whether a policy engine was found.
func enforced(f check.Finding, policies facts.OnwardPolicyResult, proved, disproved bool) []check.Finding {
	switch {
	case disproved:
		return nil
	case !proved && policies.Engine == "":
		f.Severity = check.Warning
		f.Cause += "; whether this cluster enforces policies is unknown"
	}
	return []check.Finding{f}
}
