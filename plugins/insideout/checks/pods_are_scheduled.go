package checks

import (
	"fmt"
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
	Needs:   []check.Need{facts.Service, facts.Pods},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		return podFinding(s, pods, problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return unscheduled(pod, pods.At) }),
			fix("compare the pods' requirements with the nodes",
				cmdline.Kubectl("describe", "pods", "-n", s.Namespace, "-l", selectorText(s)), cmdline.Kubectl("describe", "nodes"),
			)), nil
	},
}

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
			cause:   fmt.Sprintf("the pod asks for the scheduler %s (schedulerName), which has not reported on it: it does not run here", p.Scheduler),
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
