package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ReadinessGatesAreTrue finds pods whose readiness gates hold them back.
var ReadinessGatesAreTrue = &check.Check{
	Code: "INS0113",
	Name: "readiness-gates-are-true",
	Hop:  hopPod,
	Doc: `the pods' readiness gates are true

A pod with readiness gates is Ready only once a controller, such as a load balancer's, has set each gate's condition to True.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate"},
	After:   []*check.Check{ReadinessProbesPass},
	Needs:   []check.Need{facts.Service, facts.Pods},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		fs := podFinding(s, pods, problems(pods, closedGate), fix("find the controller that sets the condition"))
		if len(fs) > 0 && s.PublishNotReady {
			fs[0].Severity = check.Info
		}
		return fs, nil
	},
}

func closedGate(p podhealth.Pod) (podProblem, bool) {
	if p.Condition("ContainersReady").Status != "True" {
		return podProblem{}, false
	}
	for _, gate := range p.Gates {
		if c := p.Condition(gate); c.Status != "True" {
			return podProblem{
				summary: fmt.Sprintf("waits for its readiness gate %s, which is %s", gate, or(c.Status, "not set")),
				cause:   or(c.Message, "the containers are ready; the controller that owns the condition has not set it"),
			}, true
		}
	}
	return podProblem{}, false
}
