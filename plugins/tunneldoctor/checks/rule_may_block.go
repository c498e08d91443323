package checks

import (
	"fmt"
	"slices"

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

// redirected is the finding on a rule of a node's NAT that sends connections to the kubelet's port elsewhere, on a path that fails.
func redirected(path facts.BrokenPath, node string, v firewall.Verdict) check.Finding {
	return check.Finding{
		Severity: check.Error, Target: nodeRef(node),
		Summary: fmt.Sprintf("%s on node %s redirects connections of %s to port 10250 of node %s", v.Rule.Backend, node, clientOf(path.From),
			path.To.Name),
		Cause:    fmt.Sprintf("where they go does not answer as the kubelet does (%s): %s", path.Worst(), describeRule(v)),
		Evidence: ruleEvidence(node, v),
		Fixes: []check.Fix{
			fix("except the port in this rule, or delete the rule where it is configured: it may be of a proxy that was removed",
				noTunnel(node, v.Rule.List())),
		},
	}
}

// withLimits replaces the causes of errors on nodes whose firewall blocks some connections to the kubelet's port: all attempts of a report
// may have passed by chance. The check must need facts.ClusterNodes and facts.AgentNodeReports.
func withLimits(p *check.Pass, fs []check.Finding) []check.Finding {
	unanswered := func(f check.Finding) bool { return isError(f) && slices.Contains(f.Evidence[0].Lines, facts.NoAnswer) }
	if !slices.ContainsFunc(fs, unanswered) {
		return fs
	}
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil {
		return fs // the causes stay as they are
	}
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return fs
	}
	for i, f := range fs {
		report, node := reports.Find(f.Target.Name), nodes.Find(f.Target.Name)
		if !unanswered(f) || report == nil || node == nil || report.Error != "" {
			continue
		}
		for _, from := range reports.Items {
			v, _, err := evaluateIngress(*report, sourceIP(from, nodes), node.IP)
			if err == nil && v.MayBlock() {
				fs[i].Cause = "this rule blocks by a limit, a count or at random: " + describeRule(v)
				fs[i].Evidence = append(ruleEvidence(node.Name, v), f.Evidence...)
				break
			}
		}
	}
	return fs
}
