package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// mayBlock is the finding on a rule that blocks some connections: by a limit, a count or at random.
func mayBlock(path facts.BrokenPath, v firewall.Verdict) check.Finding {
	return check.Finding{
		Severity: check.Error, Target: nodeRef(path.To.Name),
		Summary: fmt.Sprintf("%s on node %s blocks some connections to port 10250 for %s", v.Rule.Backend, path.To.Name,
			clientOf(path.From)),
		Cause:    "this rule blocks by a limit, a count or at random, so some attempts pass: " + describeRule(v),
		Evidence: ruleEvidence(path.To.Name, v),
		Fixes: []check.Fix{
			fix("except the port in this rule, or delete the rule where it is configured", noTunnel(path.To.Name, v.Rule.List())),
		},
	}
}
