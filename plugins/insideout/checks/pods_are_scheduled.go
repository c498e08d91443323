package checks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// schedulingGrace is how long a pod may go without a report of the scheduler.
const schedulingGrace = 15 * time.Second

// PodsAreScheduled finds pods without a node.
var PodsAreScheduled = &check.Check{
	Code: "INS0103",
	Name: "pods-are-scheduled",
	Hop:  hopPod,
	Doc: `the pods are scheduled

The scheduler reports in the pod's condition PodScheduled why no node fits: requests, selectors, taints, unbound claims.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/"},
	After:   []*check.Check{PodsAreMade},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.NodeTaints},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return unscheduled(pod, pods.At) })
		if len(found) > 0 {
			found[0].cause += taints(p)
		}
		return podFinding(s, pods, found,
			fix("compare the pods' requirements with the nodes",
				cmdline.Kubectl("describe", "pods", "-n", s.Namespace, "-l", selectorText(s)), cmdline.Kubectl("describe", "nodes"),
			)), nil
	},
}

// taints continues a cause with the taints of the nodes, the most frequent first; empty: there are none, or they are unknown.
func taints(p *check.Pass) string {
	list, err := facts.NodeTaints.Get(p)
	if err != nil || len(list.Taints) == 0 {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(list.Taints), func(a, b string) int {
		return cmp.Or(cmp.Compare(list.Taints[b], list.Taints[a]), cmp.Compare(a, b))
	})
	var words []string
	for _, name := range names[:min(len(names), maxTaints)] {
		words = append(words, fmt.Sprintf("%s (%d of %d nodes)", name, list.Taints[name], list.Nodes))
	}
	return "; the nodes have the taints " + strings.Join(words, ", ")
}

// maxTaints bounds how many taints are named.
const maxTaints = 4

func unscheduled(p podhealth.Pod, at time.Time) (podProblem, bool) {
	if p.Node != "" {
		return podProblem{}, false
	}
	c := p.Condition("PodScheduled")
	switch {
	case c.Status == "False":
		return podProblem{summary: "is not scheduled: " + or(c.Reason, "no reason given"), cause: c.Message}, true
	case p.Scheduler != "" && at.Sub(p.Created) > schedulingGrace:
		return podProblem{
			summary: fmt.Sprintf("has not been scheduled for %s", ago(at, p.Created)),
			cause: fmt.Sprintf(
				"the pod asks for the scheduler %s (schedulerName), which has not reported on it: it does not run here",
				p.Scheduler,
			),
		}, true
	case at.Sub(p.Created) > schedulingGrace:
		return podProblem{
			summary: fmt.Sprintf("has not been scheduled for %s", ago(at, p.Created)),
			cause:   "the scheduler has not reported on it: it may be stalled, or the pod names one that is not running",
		}, true
	}
	return podProblem{}, false
}

func selectorText(s facts.ServiceInfo) string { return labels.Set(s.Selector).String() }
