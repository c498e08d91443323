package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
)

// maxFindings is the number of findings of one check that are reported one by one: many nodes tend to have the same problem.
const maxFindings = 10

// limited returns the findings, each about an object of that noun. If there are more than maxFindings, the others, those of the least
// severity, become one finding about all of their objects, with the greatest severity of them.
func limited(fs []check.Finding, noun string) []check.Finding {
	if len(fs) <= maxFindings {
		return fs
	}
	var sorted []check.Finding
	for _, s := range []check.Severity{check.Error, check.Warning, check.Info} {
		for _, f := range fs {
			if f.Severity == s {
				sorted = append(sorted, f)
			}
		}
	}
	more := sorted[maxFindings:]
	var objects []check.Ref
	var names []string
	for _, f := range more {
		if !slices.Contains(objects, f.Target) {
			objects, names = append(objects, f.Target), append(names, f.Target.Name)
		}
	}
	return append(sorted[:maxFindings:maxFindings], check.Finding{
		Severity: more[0].Severity, Target: objects[0], Also: objects[1:],
		Summary: fmt.Sprintf("similar findings about %s: %s", counted(len(objects), "more "+noun), joinNames(names)),
	})
}
