package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// NodesStartPods finds kubelets that are Ready and do nothing about a new pod.
var NodesStartPods = &check.Check{
	Code: "TUN0214",
	Name: "nodes-start-pods",
	Hop:  hopAgents,
	Doc: `the nodes start pods

A kubelet that lacks CPU, or that waits for a container runtime which hangs, renews its lease and is Ready, and still answers late or not at
all. A test pod is created on the nodes on which exec is tried; a kubelet reports on it within a second or two. Nodes of which no log can be
read are left to other checks.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	After:   []*check.Check{AgentNodesAreReady},
	Needs:   []check.Need{facts.ExecAttempts, facts.ClusterNodes, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		entries, err := facts.ExecAttempts.Get(p)
		if err != nil { // it tells nothing about kubelets
			p.Skip("exec was not tried: %v", err)
			return nil, nil
		}
		if entries.Off != "" {
			p.Skip("%s", entries.Off)
			return nil, nil
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		logs, _ := facts.LogAttempts.Get(p) // where they fail, other checks tell why
		var fs []check.Finding
		for _, name := range entries.Unstarted {
			n := nodes.Find(name)
			silent := slices.ContainsFunc(logs, func(t facts.Attempts) bool { return t.Node == name && len(t.Errors) > 0 })
			if n == nil || nodes.Down(*n) || nodes.NewOrLeaving(*n) || silent {
				continue
			}
			fs = append(fs, check.Finding{
				Severity: check.Error, Target: nodeRef(name),
				Summary: fmt.Sprintf("the kubelet of node %s is Ready and does not start pods: it has not reported on a test pod", name),
				Cause: "the kubelet is slow or hangs: it lacks CPU, the node is overloaded, or its container runtime does not answer; so it also " +
					"answers late what comes through the tunnel",
				Fixes: []check.Fix{fix("look at the node, through Azure: pods do not start there",
					cmdline.Kubectl("aksnode", "run", name, "--via", "azure", "--", "systemctl", "status", "kubelet", "containerd", "--no-pager"),
					cmdline.Kubectl("aksnode", "run", name, "--via", "azure", "--", "uptime"))},
				Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-A", "-o", "wide", "--field-selector",
					"spec.nodeName="+name+",status.phase=Pending")}},
			})
		}
		return limited(fs, "node"), nil
	},
}
