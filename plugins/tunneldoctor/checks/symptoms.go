package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// LogsCanBeRead tries what users complain of first.
var LogsCanBeRead = &check.Check{
	Code:    "TUN0801",
	Name:    "logs-can-be-read",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `logs can be read from every node

A line of a log in kube-system is read several times from each node, and discarded.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.LogTries, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		tries, err := facts.LogTries.Get(p)
		if err != nil {
			return nil, err
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		tries = slices.DeleteFunc(slices.Clone(tries), func(t facts.Tries) bool {
			n := nodes.Find(t.Node)
			return n != nil && (n.Leaving || nodes.Down(*n) && nodes.Passing(*n)) // that is no fault
		})
		fs := failing("logs fail", tries)
		untried := slices.DeleteFunc(slices.Clone(tries), func(t facts.Tries) bool { return t.Total() > 0 })
		switch {
		case len(untried) == 0:
		case len(untried) == len(tries):
			return nil, fmt.Errorf("logs could not be tried on any node: %s", untried[0].Off)
		default:
			fs = append(fs, check.Finding{
				Severity: check.Info, Target: nodeRef(untried[0].Node),
				Summary: fmt.Sprintf("logs could not be tried on %d of %d nodes, the first is %s", len(untried), len(tries), untried[0].Node), Cause: or(untried[0].Off, "the reason is unknown"),
			})
		}
		return fs, nil
	},
}

// ExecWorks tries exec, which attach and cp are like.
var ExecWorks = &check.Check{
	Code:    "TUN0802",
	Name:    "exec-works",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `exec works, and with it attach and cp

A command is run several times in a test pod: on a node whose logs fail, if there is one, and on one whose logs work.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/#api-server-to-kubelet"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.Entries},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return entered(p, "exec fails", func(e facts.EntryTries) []facts.Tries { return e.Exec })
	},
}

// PortForwardWorks tries port-forward.
var PortForwardWorks = &check.Check{
	Code:    "TUN0803",
	Name:    "port-forward-works",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `port-forward works

Several connections are made to a port of a test pod.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/#api-server-to-kubelet"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.Entries},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return entered(p, "port-forward fails", func(e facts.EntryTries) []facts.Tries { return e.PortForward })
	},
}

func entered(p *check.Pass, what string, of func(facts.EntryTries) []facts.Tries) ([]check.Finding, error) {
	entries, err := facts.Entries.Get(p)
	if err != nil {
		return nil, err
	}
	if entries.Off != "" {
		p.Skip("%s", entries.Off)
		return nil, nil
	}
	return failing(what, of(entries)), nil
}

// failing makes a finding for each node on which tries failed.
func failing(what string, tries []facts.Tries) []check.Finding {
	var fs []check.Finding
	for _, t := range tries {
		if len(fs) == maxFindings {
			break
		}
		if len(t.Errors) == 0 {
			if t.Retried > 0 {
				fs = append(fs, check.Finding{
					Severity: check.Info, Target: nodeRef(t.Node),
					Summary:  fmt.Sprintf("%s on node %s (%d of %d attempts), but succeeds when retried with a longer timeout", what, t.Node, t.Retried, t.Total()),
					Cause:    "the node or the API server is busy, or a connection was interrupted",
					Evidence: []check.Evidence{{Source: t.Source}},
				})
			}
			continue
		}
		summary := fmt.Sprintf("%s on node %s", what, t.Node)
		if t.Good > 0 {
			summary += fmt.Sprintf(" (%d of %d attempts)", len(t.Errors), t.Total())
		}
		meaning := errtext.Explain(t.Errors[0]).Meaning
		if t.Errors[0] == facts.NoAnswer {
			meaning = "probably the API server itself gets no answer from the kubelet; its open connections can hang for minutes"
		}
		fs = append(fs, check.Finding{
			Severity: check.Error, Target: nodeRef(t.Node),
			Summary:  summary + ": " + t.Errors[0],
			Cause:    meaning,
			Evidence: []check.Evidence{{Source: t.Source, Lines: t.Errors}},
		})
	}
	return fs
}
