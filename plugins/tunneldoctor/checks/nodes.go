package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// onNode returns fixes that run the commands on a node without the tunnel: through a pod on the node and, for an Azure machine,
// through Azure.
func onNode(n podhealth.Node, title string, commands ...cmdline.Command) []check.Fix {
	first := check.Fix{Title: title}
	lines := make([]string, len(commands))
	for i, command := range commands {
		first.Commands = append(first.Commands, noTunnel(n.Name, command))
		lines[i] = command.Posix()
	}
	fixes := []check.Fix{first}
	if through := n.Azure.RunShellScript(strings.Join(lines, " && ")); len(lines) > 0 && !through.IsZero() {
		fixes = append(fixes, fix("the same through Azure, without the cluster", through))
	}
	return fixes
}

// noTunnel returns the command that runs the other one on the node without the tunnel.
func noTunnel(node string, command cmdline.Command) cmdline.Command {
	return cmdline.Kubectl("aksnode", "run", node, "--no-tunnel", "--").Running(command)
}

// podLog returns the command that shows the end of the logs of a pod in kube-system, on its node.
func podLog(pod string) cmdline.Command {
	return cmdline.Script(`tail -n 20 /var/log/pods/kube-system_"$1"_*/*/*.log`, pod)
}

// seenOn returns the evidence of a command on a node and the relevant lines of its output.
func seenOn(node string, lines []string, command cmdline.Command) []check.Evidence {
	return []check.Evidence{{Source: noTunnel(node, command), Lines: lines}}
}

func nodeRef(name string) check.Ref { return check.Ref{Kind: "node", Name: name} }

// sourceIP returns the address from which the target sees the agent; zero if it is unknown.
func sourceIP(from facts.NodeReport, nodes facts.NodeList) netip.Addr {
	if from.AgentIP.IsValid() && from.Report.FromAgent {
		return from.AgentIP
	}
	if n := nodes.Find(from.Node); n != nil {
		return n.IP
	}
	return netip.Addr{}
}

// clientOf names where the report's connections were made from.
func clientOf(r facts.NodeReport) string {
	if r.Agent != "" && r.Report.FromAgent {
		return fmt.Sprintf("agent %s on node %s", r.Agent, r.Node)
	}
	return "node " + r.Node
}

// agentReports returns the reports of the agents' nodes. If nodes were not to be checked, ok is false and the check is skipped; ok is false
// on errors too.
func agentReports(p *check.Pass) (reports facts.NodeReports, ok bool, err error) {
	reports, err = facts.AgentNodeReports.Get(p)
	if err == nil && reports.Off != "" {
		p.Skip("%s", reports.Off)
		return reports, false, nil
	}
	return reports, err == nil, err
}

// brokenPaths returns the broken paths from agents to kubelets. It returns an error if no agent's node gave a report; if only some
// did, their paths are returned. It skips the check, and returns none, if nodes were not to be checked.
func brokenPaths(p *check.Pass) (nodes facts.NodeList, broken []facts.BrokenPath, err error) {
	if nodes, err = facts.ClusterNodes.Get(p); err != nil {
		return nodes, nil, err
	}
	reports, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nodes, nil, fmt.Errorf("the agents' nodes could not be checked: %w", err)
	}
	if reports.Off != "" {
		p.Skip("%s", reports.Off)
		return nodes, nil, nil
	}
	var errs []error
	for _, r := range reports.Items {
		if r.Error != "" {
			errs = append(errs, fmt.Errorf("node %s: %s", r.Node, r.Error))
		}
	}
	if len(errs) == len(reports.Items) && len(nodes.Items) > 0 {
		err := errorOr(errors.Join(errs...), "no node is usable")
		return nodes, nil, fmt.Errorf("no node from which agents connect could be checked: %w", err)
	}
	logs, _ := facts.LogAttempts.Get(p) // without them, any broken path counts
	return nodes, facts.BrokenPaths(nodes, logs, reports, func() bool { return hasTunnel(p) }), nil
}

// hasTunnel reports whether the cluster has a tunnel, or may have one.
func hasTunnel(p *check.Pass) bool {
	t, err := facts.Tunnel.Get(p)
	return err != nil || t.Kind != ""
}

// errorOr returns err or, if it is nil, an error with the text.
func errorOr(err error, text string) error {
	if err == nil {
		return errors.New(text)
	}
	return err
}

// errNotChecked is the error for a node beyond the limit of nodes that are checked, or one that cannot run a Linux pod.
var errNotChecked = errors.New("not checked: of the nodes with failures only the first are, and only those that can run a Linux pod")

// joinUnknown joins the errors of the nodes that could not be evaluated. If others were, it ignores errNotChecked: the limit does
// not make a check unknown.
func joinUnknown(errs []error, evaluated int) error {
	if evaluated > 0 {
		errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, errNotChecked) })
	}
	return errors.Join(errs...)
}

// kubeletReport returns the node's report about its own kubelet, from whichever fact holds it.
func kubeletReport(p *check.Pass, node string) (facts.NodeReport, error) {
	if agents, err := facts.AgentNodeReports.Get(p); err == nil {
		if r := agents.Kubelet(node); r != nil {
			return *r, nil
		}
	}
	reports, err := facts.KubeletNodeReports.Get(p)
	if err != nil {
		return facts.NodeReport{}, fmt.Errorf("node %s could not be checked: %w", node, err)
	}
	s := reports.Find(node)
	switch {
	case s == nil:
		return facts.NodeReport{}, fmt.Errorf("node %s: %w", node, errNotChecked)
	case s.Error != "":
		return *s, fmt.Errorf("node %s could not be checked: %s", node, s.Error)
	case s.Report.Kubelet == nil:
		return *s, fmt.Errorf("the report of node %s lacks its kubelet", node)
	}
	return *s, nil
}
