package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// onNode are the two ways to run a command on a node that need no tunnel.
func onNode(n podhealth.Node, title string, commands ...[]string) []check.Fix {
	first := check.Fix{Title: title}
	lines := make([]string, len(commands))
	for i, argv := range commands {
		first.Commands = append(first.Commands, noTunnel(n.Name, argv...))
		lines[i] = cmdline.Quote(argv)
	}
	fixes := []check.Fix{first}
	if argv := n.Azure.RunShellScript(strings.Join(lines, " && ")); argv != nil {
		fixes = append(fixes, check.Fix{Title: "the same through Azure, without the cluster", Commands: [][]string{argv}})
	}
	return fixes
}

// noTunnel is the command that runs argv on the node without the tunnel.
func noTunnel(node string, argv ...string) []string {
	return append(kubectl("aksnode", "run", node, "--no-tunnel", "--"), argv...)
}

// seenOn is evidence by a command on a node.
func seenOn(node string, lines []string, argv ...string) []check.Evidence {
	return []check.Evidence{{Source: noTunnel(node, argv...), Lines: lines}}
}

func nodeRef(name string) check.Ref { return check.Ref{Kind: "node", Name: name} }

// way is one agent's way to one node's kubelet that does not work.
type path struct {
	from facts.NodeReport // the agent's node
	to   podhealth.Node   // the kubelet's
	nodecheck.Reach
}

// source is the address from which the target sees the agent.
func (w path) sourceIP(nodes facts.NodeList) netip.Addr {
	if w.from.AgentIP.IsValid() && w.from.Report.FromAgent {
		return w.from.AgentIP
	}
	if n := nodes.Find(w.from.Node); n != nil {
		return n.IP
	}
	return netip.Addr{}
}

// who names the place from which was connected.
func (w path) client() string {
	if w.from.Agent != "" && w.from.Report.FromAgent {
		return fmt.Sprintf("agent %s on node %s", w.from.Agent, w.from.Node)
	}
	return "node " + w.from.Node
}

// brokenWays returns the ways from agents to kubelets that do not work, or not always, to nodes that are not down. That of
// some agents' nodes nothing is known is an error only where nothing is known of any.
func brokenPaths(p *check.Pass) (nodes facts.NodeList, broken []path, err error) {
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
	reported := 0
	for _, s := range reports.Items {
		if s.Error != "" {
			errs = append(errs, fmt.Errorf("node %s: %s", s.Node, s.Error))
			continue
		}
		reported++
		for _, n := range nodes.Items {
			r, ok := s.Report.Reach[n.IP.String()]
			if !ok || !n.Chosen || n.Leaving || nodes.Down(n) || len(r.Outcomes) == 0 || r.OK() {
				continue
			}
			// one lost try is none where logs can be read; and where nothing shows, the way may be nobody's: without a tunnel the
			// API server itself connects to kubelets
			if failing := suffers(p, n.Name); failing || r.Failed() && hasTunnel(p) {
				broken = append(broken, path{s, n, r})
			}
		}
	}
	if reported == 0 && len(nodes.Items) > 0 {
		return nodes, nil, fmt.Errorf("no node from which agents connect could be checked: %w", errorOr(errors.Join(errs...), "no node is usable"))
	}
	return nodes, broken, nil
}

// suffers says whether logs of the node were tried and a try failed, or could not be tried.
func suffers(p *check.Pass, node string) bool {
	attempts, err := facts.LogAttempts.Get(p)
	if err != nil {
		return true
	}
	i := slices.IndexFunc(attempts, func(t facts.Attempts) bool { return t.Node == node })
	return i < 0 || attempts[i].Off != "" || len(attempts[i].Errors) > 0
}

func hasTunnel(p *check.Pass) bool {
	t, err := facts.Tunnel.Get(p)
	return err != nil || t.Kind != ""
}

func errorOr(err error, text string) error {
	if err == nil {
		return errors.New(text)
	}
	return err
}

// errNotAsked says nothing where others with the same trouble were asked.
var errNotChecked = errors.New("not checked: of the nodes with failures only the first are, and only those that can run a Linux pod")

// undecided returns the errors for which nothing could be found: those of nodes that were not asked only where none was.
func joinUnknown(errs []error, evaluated int) error {
	if evaluated > 0 {
		errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, errNotChecked) })
	}
	return errors.Join(errs...)
}

// kubeletReport returns what the node shows of its own kubelet.
func kubeletReport(p *check.Pass, node string) (facts.NodeReport, error) {
	if agentReports, err := facts.AgentNodeReports.Get(p); err == nil {
		if s := agentReports.Find(node); s != nil && s.Report.Kubelet != nil {
			return *s, nil
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

// targets returns the nodes to which ways do not work, each once.
func targets(broken []path) []podhealth.Node {
	var list []podhealth.Node
	for _, w := range broken {
		if !slices.ContainsFunc(list, func(n podhealth.Node) bool { return n.Name == w.to.Name }) {
			list = append(list, w.to)
		}
	}
	return list
}
