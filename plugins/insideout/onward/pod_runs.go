package onward

import (
	"errors"
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodRuns is the first check: it finds a pod that is not running.
var PodRuns = &check.Check{
	Code: "INS1001",
	Name: "pod-runs",
	Hop:  hopPod,
	Doc: `the pod is running

A pod that is not running cannot connect. A test pod on its node and in its namespace connects in its place.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	Needs:   []check.Need{facts.Origin},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		if !o.Exists {
			return nil, errors.New("the pod no longer exists")
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
			Cause:   "a pod that is not running cannot connect",
			Fixes:   []check.Fix{fix("find out why", cmdline.Kubectl("describe", "pod", o.Pod.Name, "-n", o.Namespace))},
		}}, nil
	},
}
