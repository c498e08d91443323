package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// enforced judges findings that NetworkPolicies deny something: where no engine that enforces them was found, they are warnings, and
// policies of other kinds may allow it all the same. The check must need Enforcement.
func enforced(p *check.Pass, found []check.Finding) ([]check.Finding, error) {
	if len(found) == 0 {
		return nil, nil
	}
	e, err := facts.Enforcement.Get(p)
	if err == nil {
		err = e.Others.MayAllow()
	}
	if err != nil {
		return nil, fmt.Errorf("%s, but %w", found[0].Summary, err)
	}
	for i := range found {
		byEngine(&found[i], e.Engine)
	}
	return found, nil
}

// byEngine makes the finding that NetworkPolicies deny something a warning if no engine that enforces them was found.
func byEngine(f *check.Finding, engine string) {
	if engine == "" {
		f.Severity = check.Warning
		f.Cause += "; whether this cluster enforces policies is unknown"
	}
}
