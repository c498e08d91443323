package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// PortForwardWorks finds nodes on which port-forward fails.
var PortForwardWorks = &check.Check{
	Code:    "TUN0803",
	Name:    "port-forward-works",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `port-forward works

Several connections are made to a port of a test pod, and one to the pod of kube-system whose log was read, on which nothing listens there:
that it is refused shows that port-forward works.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/#api-server-to-kubelet"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.ExecAttempts, facts.TerminalAttempts, facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		fs, err := podAttempts(p, "port-forward fails", func(e facts.PodAttempts) []facts.Attempts { return e.PortForward })
		if err != nil || slices.ContainsFunc(fs, isError) {
			return fs, err
		}
		tries, err := facts.TerminalAttempts.Get(p)
		if err != nil {
			return fs, nil //nolint:nilerr // new pods show that it works; others are tried where the user may
		}
		for _, t := range tries.Forwards {
			if len(t.Errors) > 0 {
				fs = append(fs, failedForward(t))
			}
		}
		return limited(fs, "node"), nil
	},
}

// failedForward is the finding for a node on which port-forward fails in a pod that ran before, and not in new ones.
func failedForward(t facts.Attempts) check.Finding {
	explained := errtext.Explain(t.Errors[0])
	f := check.Finding{
		Severity: check.Error, Target: nodeRef(t.Node),
		Summary:  fmt.Sprintf("port-forward fails in pod %s/%s on node %s: %s", t.Namespace, t.Pod, t.Node, t.Errors[0]),
		Cause:    explained.Meaning,
		Evidence: []check.Evidence{{Source: t.Command(), Lines: t.Errors}},
	}
	if t.Errors[0] == facts.NoAnswer {
		f.Cause = "port-forward connects to 127.0.0.1 in the pod's network namespace, which works in new pods on the node: " +
			"probably this pod's loopback interface (lo) is down"
	}
	if t.Errors[0] == facts.NoAnswer || explained.Cause == errtext.CauseUnreachable {
		f.Fixes = []check.Fix{
			fix("see in which network namespaces of the node's pods lo is DOWN",
				cmdline.Kubectl("aksnode", "run", t.Node, "--", "ip", "-all", "netns", "exec", "ip", "-br", "link", "show", "lo")),
			{Title: "delete the affected pods, so that the network plugin sets up new ones", Disruptive: true, Commands: []cmdline.Command{
				cmdline.Kubectl("delete", "pod", "-n", t.Namespace, t.Pod),
			}},
		}
	}
	return f
}
