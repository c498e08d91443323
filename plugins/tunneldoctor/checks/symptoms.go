package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// LogsCanBeRead finds nodes whose logs cannot be read.
var LogsCanBeRead = &check.Check{
	Code:    "TUN0801",
	Name:    "logs-can-be-read",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `logs can be read from every node

The first byte of a kube-system pod's log is read from each node several times, and discarded.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.LogAttempts, facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		attempts, err := facts.LogAttempts.Get(p)
		if err != nil {
			return nil, err
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		attempts = slices.DeleteFunc(slices.Clone(attempts), func(t facts.Attempts) bool {
			n := nodes.Find(t.Node)
			return n != nil && (n.Leaving || nodes.Down(*n) && nodes.NewOrLeaving(*n)) // no fault
		})
		fs := limited(attemptFindings(p, "logs fail", attempts), "node")
		// nothing to read from says nothing about the node; not having read says nothing about the cluster either
		untried, nothing := untriedNodes(attempts)
		if len(untried)+len(nothing) == len(attempts) && len(attempts) > 0 {
			return nil, fmt.Errorf("logs could not be tried on any node: %s", firstNonEmpty(untried.reason(), nothing.reason()))
		}
		for _, list := range []attemptList{untried, nothing} {
			if len(list) == 0 {
				continue
			}
			summary := fmt.Sprintf("logs could not be tried on %d of %d nodes: %s", len(list), len(attempts), joinNames(list.names()))
			if len(untried) > 0 && !slices.ContainsFunc(fs, isError) {
				return nil, fmt.Errorf("%s: %s", summary, list.reason())
			}
			fs = append(fs, check.Finding{Severity: check.Info, Target: nodeRef(list[0].Node), Summary: summary, Cause: list.reason()})
		}
		return append(fs, sampled(nodes)...), nil
	},
}

// attemptList are attempts on several nodes.
type attemptList []facts.Attempts

func (l attemptList) names() []string {
	names := make([]string, len(l))
	for i, t := range l {
		names[i] = t.Node
	}
	return names
}

// reason returns why there was no attempt on the first node; empty if the list is.
func (l attemptList) reason() string {
	if len(l) == 0 {
		return ""
	}
	return firstNonEmpty(l[0].Off, "the reason is unknown")
}

// untriedNodes returns the attempts of which none was made: those that this program or the API server prevented, and those for which
// the node has nothing to try on.
func untriedNodes(attempts []facts.Attempts) (untried, nothing attemptList) {
	for _, t := range attempts {
		switch {
		case t.Total() > 0:
		case t.NotTried:
			untried = append(untried, t)
		default:
			nothing = append(nothing, t)
		}
	}
	return untried, nothing
}

func isError(f check.Finding) bool { return f.Severity == check.Error }

// sampled returns a finding if only some of the nodes were to be tried.
func sampled(nodes facts.NodeList) []check.Finding {
	var others []string
	chosen := 0
	for _, n := range nodes.Items {
		switch {
		case n.Simulated:
		case n.Chosen:
			chosen++
		default:
			others = append(others, n.Name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return []check.Finding{{
		Severity: check.Info, Target: nodeRef(others[0]),
		Summary: fmt.Sprintf("logs were tried on a sample of %d of %d nodes, not on %s", chosen, chosen+len(others), joinNames(others)),
		Cause:   "the cluster is large; --all-nodes tries all",
	}}
}

// ExecWorks finds nodes on which exec fails, and so attach and cp.
var ExecWorks = &check.Check{
	Code:    "TUN0802",
	Name:    "exec-works",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `exec works, and so do attach and cp

A command is run several times in a test pod: on a node whose logs fail, if there is one, and on one whose logs work.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/#api-server-to-kubelet"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.ExecAttempts, facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return podAttempts(p, "exec fails", func(e facts.PodAttempts) []facts.Attempts { return e.Exec })
	},
}

// podAttempts returns the findings for the attempts on pods that of selects.
func podAttempts(p *check.Pass, symptom string, of func(facts.PodAttempts) []facts.Attempts) ([]check.Finding, error) {
	entries, err := facts.ExecAttempts.Get(p)
	if err != nil {
		return nil, err
	}
	if entries.Off != "" {
		p.Skip("%s", entries.Off)
		return nil, nil
	}
	attempts := of(entries)
	fs := limited(withLimits(p, attemptFindings(p, symptom, attempts)), "node")
	if untried, nothing := untriedNodes(attempts); len(untried)+len(nothing) > 0 && !slices.ContainsFunc(fs, isError) {
		list := append(untried, nothing...)
		return nil, fmt.Errorf("it could not be tried on node %s: %s", list[0].Node, list.reason())
	}
	return fs, nil
}

// answersAgents reports whether agents were seen to reach the node's kubelet, and none was seen not to.
func answersAgents(p *check.Pass, name string) bool {
	nodes, _ := facts.ClusterNodes.Get(p)
	reports, _ := facts.AgentNodeReports.Get(p)
	n, reached := nodes.Find(name), false
	for _, s := range reports.Items {
		if n == nil {
			break
		}
		r, tried := s.Report.Reach[n.IP.String()]
		if tried && !r.OK() {
			return false
		}
		reached = reached || tried
	}
	return reached
}

// attemptFindings returns a finding for each node on which attempts failed. symptom is such as "logs fail". The check must need
// facts.ClusterNodes and facts.AgentNodeReports.
func attemptFindings(p *check.Pass, symptom string, attempts []facts.Attempts) []check.Finding {
	var fs []check.Finding
	for _, t := range attempts {
		if len(t.Errors) == 0 {
			if t.Retried > 0 {
				fs = append(fs, check.Finding{
					Severity: check.Info, Target: nodeRef(t.Node),
					Summary: fmt.Sprintf("%s on node %s (%d of %d attempts), but succeeds when retried with a longer timeout",
						symptom, t.Node, t.Retried, t.Total()),
					Cause:    "the node or the API server is busy, or a connection was interrupted",
					Evidence: []check.Evidence{{Source: t.Command()}},
				})
			}
			continue
		}
		summary := fmt.Sprintf("%s on node %s", symptom, t.Node)
		if t.Succeeded > 0 {
			summary += fmt.Sprintf(" (%d of %d attempts)", len(t.Errors), t.Total())
		}
		meaning := errtext.Explain(t.Errors[0]).Meaning
		var fixes []check.Fix
		switch {
		case t.Errors[0] != facts.NoAnswer:
		case t.Succeeded == 0 && answersAgents(p, t.Node):
			meaning = "the kubelet answers the agents on its port, but not such requests: the container runtime (containerd) on the node hangs, " +
				"or the API server's own connection to the kubelet, which can last for minutes"
			fixes = []check.Fix{fix("look at the container runtime, through Azure: pods do not start while it hangs",
				cmdline.Kubectl("aksnode", "run", t.Node, "--via", "azure", "--", "systemctl", "status", "containerd", "--no-pager"))}
		default:
			meaning = "probably the API server itself gets no answer from the kubelet; its open connections can hang for minutes"
		}
		fs = append(fs, check.Finding{
			Severity: check.Error, Target: nodeRef(t.Node),
			Summary:  summary + ": " + t.Errors[0],
			Cause:    meaning,
			Fixes:    fixes,
			Evidence: []check.Evidence{{Source: t.Command(), Lines: t.Errors}},
		})
	}
	return fs
}
