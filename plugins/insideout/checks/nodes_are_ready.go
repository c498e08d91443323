package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// kubeletGrace is how long a kubelet may take to report on a new pod.
const kubeletGrace = 30 * time.Second

// NodesAreReady finds pods whose node is not Ready.
var NodesAreReady = &check.Check{
	Code: "INS0114",
	Name: "nodes-are-ready",
	Hop:  hopPod,
	Doc: `the pods' nodes are Ready

When a node's kubelet is silent for 50 seconds (40 before Kubernetes 1.32), the node's Ready condition becomes Unknown, and its
pods are removed from their Services even if their containers still run.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/#condition"},
	After:   []*check.Check{PodsAreScheduled},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Nodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		suspects := problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return podProblem{}, maybeNodeFailed(pod, pods.At) })
		if len(suspects) == 0 {
			return nil, nil
		}
		nodes, err := facts.Nodes.Get(p)
		if err != nil {
			return nil, fmt.Errorf("pod %s may have failed with its node %s: %w", suspects[0].pod.Name, suspects[0].pod.Node, err)
		}
		var lost []podProblem
		for _, t := range suspects {
			c, known := nodes[t.pod.Node]
			switch {
			case known && c.Status == "":
				t.summary = "is on node " + t.pod.Node + ", which no longer exists"
				t.cause = "the node was deleted; the pod is replaced once the control plane notices"
			case known && c.Status != "True":
				t.summary = fmt.Sprintf("is on node %s, which has been NotReady for %s", t.pod.Node, ago(pods.At, c.Since))
				t.cause = or(c.Message, c.Reason)
			default:
				continue
			}
			lost = append(lost, t)
		}
		if len(lost) == 0 {
			return nil, nil
		}
		node := lost[0].pod.Node
		fs := podFinding(s, pods, lost,
			fix("find out why the node is not Ready", cmdline.Kubectl("describe", "node", node), cmdline.Kubectl("aksnode", "ssh", node)),
			check.Fix{Title: "move the pods to other nodes", Commands: []cmdline.Command{
				cmdline.Kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s"),
			}, Disruptive: true},
		)
		return fs, nil
	},
}

// maybeNodeFailed reports whether the pod looks as if its kubelet were silent.
func maybeNodeFailed(p podhealth.Pod, at time.Time) bool {
	if p.Node == "" {
		return false
	}
	if p.Phase == "Unknown" {
		return true
	}
	reported := false
	for _, c := range p.Containers {
		if c.State.Phase != "" {
			reported = true
		}
		if c.State.Phase != podhealth.Running && (!c.Init || c.State.Phase != podhealth.Terminated) {
			return !reported && at.Sub(p.Created) > kubeletGrace
		}
		if !c.Ready && !c.Init {
			return false
		}
	}
	return reported // all containers are ready, but the pod is not
}
