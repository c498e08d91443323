package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TerminalsOpen finds nodes on which exec works in new containers only, or only without a terminal.
var TerminalsOpen = &check.Check{
	Code:    "TUN0804",
	Name:    "terminals-open",
	Hop:     hopSymptoms,
	Symptom: true,
	Doc: `exec with a terminal (exec -it) works in running containers

On up to 50 Linux nodes whose logs work, exec requests a program that does not exist, in the container whose log was read: the runtime opens
a terminal, enters the container and finds no such program. Nothing is run. It can fail here while exec works in new pods: the container's
shim hangs, its device rules were replaced, or the node has no pseudo-terminal left.`,
	Sources: []string{
		"https://github.com/containerd/containerd/issues/2438", "https://github.com/opencontainers/runc/pull/3554",
	},
	After: []*check.Check{LogsCanBeRead, ExecWorks},
	Needs: []check.Need{facts.TerminalAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		tries, err := facts.TerminalAttempts.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("%v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if tries.Off != "" {
			p.Skip("%s", tries.Off)
			return nil, nil
		}
		var fs []check.Finding
		for _, t := range tries.Nodes {
			if len(t.Errors) > 0 {
				fs = append(fs, closedTerminal(t))
			}
		}
		if untried, _ := untriedNodes(tries.Nodes); len(fs) == 0 && len(untried) > 0 {
			p.Skip("exec could not be tried on %d of %d nodes: %s: %s", len(untried), len(tries.Nodes), joinNames(untried.names()), untried.reason())
		}
		if len(tries.Nodes) == 0 {
			p.Skip("logs work on no Linux node")
		}
		return limited(fs, "node"), nil
	},
}

// closedTerminal is the finding for a node on which the attempt failed.
func closedTerminal(t facts.Attempts) check.Finding {
	f := check.Finding{
		Severity: check.Error, Target: nodeRef(t.Node),
		Summary: fmt.Sprintf("exec with a terminal fails in pod %s/%s on node %s", t.Namespace, t.Pod, t.Node),
		Cause:   errtext.Explain(t.Errors[0]).Meaning,
		Fixes: []check.Fix{
			fix("see what the runtime says, and whether a file system that it writes to is full",
				cmdline.Kubectl("aksnode", "run", t.Node, "--", "journalctl", "-u", "containerd", "-n", "30", "--no-pager"),
				cmdline.Kubectl("aksnode", "run", t.Node, "--", "df", "-h", "/tmp", "/run")),
			{Title: "if exec works in new pods, delete the affected pods so that they are re-created", Disruptive: true},
		},
		Evidence: []check.Evidence{{Source: t.Command(), Lines: t.Errors}},
	}
	if t.Errors[0] == facts.NoAnswer {
		f.Summary += ": " + facts.NoAnswer
		f.Cause = "probably the container's shim (containerd-shim) or containerd hangs; reading logs needs neither"
		f.Fixes[0] = fix("see whether the shims are stopped (T) or in uninterruptible sleep (D)",
			cmdline.Kubectl("aksnode", "run", t.Node, "--", "ps", "-C", "containerd-shim", "-o", "pid,stat,etime,args"),
			cmdline.Kubectl("aksnode", "run", t.Node, "--", "journalctl", "-u", "containerd", "-n", "30", "--no-pager"))
	}
	return f
}
