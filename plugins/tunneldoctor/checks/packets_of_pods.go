package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// largerThanNodes returns findings on nodes whose pods send larger packets than the node's interface takes, while logs or exec hang, or
// the node's agent lost the server.
func largerThanNodes(p *check.Pass) []check.Finding {
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nil // the attempts' own errors stand
	}
	var fs []check.Finding
	for _, r := range reports.Items {
		a := r.Report.Agent
		if a == nil || a.NodeMTU == 0 || a.MTU <= a.NodeMTU || !a.NoServer() && !someHang(p) {
			continue
		}
		fs = append(fs, check.Finding{
			Severity: check.Error, Target: nodeRef(r.Node),
			Summary: fmt.Sprintf("pods on node %s send packets of up to %d bytes, and the node's interface takes %d: long answers hang", r.Node,
				a.MTU, a.NodeMTU),
			Cause: "the MTUs differ, and the ICMP messages that would tell the pods so (\"fragmentation needed\") do not reach them",
			Fixes: []check.Fix{fix("make the MTUs agree, and see which rule drops ICMP",
				noTunnel(r.Node, cmdline.Program("ip", "link", "show")), noTunnel(r.Node, cmdline.Program("iptables-save")))},
			Evidence: seenOn(r.Node, nil, cmdline.Program("ip", "link", "show")),
		})
	}
	return limited(fs, "node")
}

// someHang reports whether an attempt to read logs or to use exec got no answer.
func someHang(p *check.Pass) bool {
	logs, _ := facts.LogAttempts.Get(p)
	execs, _ := facts.ExecAttempts.Get(p)
	return slices.ContainsFunc(slices.Concat(logs, execs.Exec, execs.PortForward), func(t facts.Attempts) bool {
		return slices.ContainsFunc(t.Errors, func(text string) bool {
			return text == facts.NoAnswer || errtext.Explain(text).Class == errtext.Timeout
		})
	})
}
