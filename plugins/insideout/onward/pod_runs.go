package onward

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodRuns is where it begins.
var PodRuns = &check.Check{
	Code: "INS1001",
	Name: "pod-runs",
	Hop:  hopPod,
	Doc: `the pod runs

A pod that does not run connects to nothing; it is tried from its node and its namespace.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	Needs:   []check.Need{facts.Origin},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		if !o.Exists {
			return nil, fmt.Errorf("the pod is gone")
		}
		if o.Pod.Phase == "Running" && !o.Pod.Deleting && o.Pod.IP != "" {
			return nil, nil
		}
		state := "is " + o.Pod.Phase
		if o.Pod.Deleting {
			state = "is being deleted"
		}
		return []check.Finding{{
			Severity: check.Error, Target: o.Ref(),
			Summary: fmt.Sprintf("pod %s %s", o.Pod.Name, state),
			Cause:   "nothing connects from a pod that does not run",
			Fixes:   []check.Fix{fix("see why", kubectl("describe", "pod", o.Pod.Name, "-n", o.Namespace))},
		}}, nil
	},
}
