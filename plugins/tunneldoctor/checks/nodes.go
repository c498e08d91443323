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
type way struct {
	from facts.NodeReport // the agent's node
	to   podhealth.Node   // the kubelet's
	nodecheck.Reach
}

// source is the address from which the target sees the agent.
func (w way) source(nodes facts.NodeList) netip.Addr {
	if w.from.AgentIP.IsValid() && w.from.Report.FromAgent {
		return w.from.AgentIP
	}
	if n := nodes.Find(w.from.Node); n != nil {
		return n.IP
	}
	return netip.Addr{}
}

// who names the place from which was connected.
func (w way) who() string {
	if w.from.Agent != "" && w.from.Report.FromAgent {
		return fmt.Sprintf("agent %s on node %s", w.from.Agent, w.from.Node)
	}
	return "node " + w.from.Node
}

// brokenWays returns the ways from agents to kubelets that do not work, or not always, to nodes that are not down. That of
// some agents' nodes nothing is known is an error only where nothing is known of any.
func brokenWays(p *check.Pass) (nodes facts.NodeList, broken []way, err error) {
	if nodes, err = facts.ClusterNodes.Get(p); err != nil {
		return nodes, nil, err
	}
	sides, err := facts.AgentNodeReports.Get(p)
	if err != nil {
		return nodes, nil, fmt.Errorf("the agents' nodes could not be checked: %w", err)
	}
	if sides.Off != "" {
		p.Skip("%s", sides.Off)
		return nodes, nil, nil
	}
	var errs []error
	told := 0
	for _, s := range sides.Items {
		if s.Error != "" {
			errs = append(errs, fmt.Errorf("node %s: %s", s.Node, s.Error))
			continue
		}
		told++
		for _, n := range nodes.Items {
			r, ok := s.Report.Reach[n.IP.String()]
			if !ok || !n.Chosen || n.Leaving || nodes.Down(n) || len(r.Outcomes) == 0 || r.OK() {
				continue
			}
			// one lost try is none where logs can be read; and where nothing shows, the way may be nobody's: without a tunnel the
			// API server itself connects to kubelets
			if failing := suffers(p, n.Name); failing || r.Failed() && tunneled(p) {
				broken = append(broken, way{s, n, r})
			}
		}
	}
	if told == 0 && len(nodes.Items) > 0 {
		return nodes, nil, fmt.Errorf("no node from which agents connect could be checked: %w", orError(errors.Join(errs...), "no node is usable"))
	}
	return nodes, broken, nil
}

// suffers says whether logs of the node were tried and a try failed, or could not be tried.
func suffers(p *check.Pass, node string) bool {
	tries, err := facts.LogTries.Get(p)
	if err != nil {
		return true
	}
	i := slices.IndexFunc(tries, func(t facts.Tries) bool { return t.Node == node })
	return i < 0 || tries[i].Off != "" || len(tries[i].Errors) > 0
}

func tunneled(p *check.Pass) bool {
	t, err := facts.Tunnel.Get(p)
	return err != nil || t.Kind != ""
}

func orError(err error, text string) error {
	if err == nil {
		return errors.New(text)
	}
	return err
}

// errNotAsked says nothing where others with the same trouble were asked.
var errNotAsked = errors.New("not checked: of the nodes with failures only the first are, and only those that can run a Linux pod")

// undecided returns the errors for which nothing could be found: those of nodes that were not asked only where none was.
func undecided(errs []error, judged int) error {
	if judged > 0 {
		errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, errNotAsked) })
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
	sides, err := facts.KubeletNodeReports.Get(p)
	if err != nil {
		return facts.NodeReport{}, fmt.Errorf("node %s could not be checked: %w", node, err)
	}
	s := sides.Find(node)
	switch {
	case s == nil:
		return facts.NodeReport{}, fmt.Errorf("node %s: %w", node, errNotAsked)
	case s.Error != "":
		return *s, fmt.Errorf("node %s could not be checked: %s", node, s.Error)
	case s.Report.Kubelet == nil:
		return *s, fmt.Errorf("the report of node %s lacks its kubelet", node)
	}
	return *s, nil
}

// targets returns the nodes to which ways do not work, each once.
func targets(broken []way) []podhealth.Node {
	var list []podhealth.Node
	for _, w := range broken {
		if !slices.ContainsFunc(list, func(n podhealth.Node) bool { return n.Name == w.to.Name }) {
			list = append(list, w.to)
		}
	}
	return list
}
