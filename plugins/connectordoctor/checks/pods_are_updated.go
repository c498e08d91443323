package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PodsAreUpdated finds pods that do not use the connection, as they are of an earlier pod template.
var PodsAreUpdated = &check.Check{
	Code: "CON0411",
	Name: "pods-are-updated",
	Hop:  hopConsumers,
	Doc: `the pods of a workload that uses the connection use it too

A Deployment that is paused, and a StatefulSet with a partition or the strategy OnDelete, keep pods of an earlier template.`,
	Sources: []string{
		"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment",
		"https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies",
	},
	Needs: provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		of := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			using := len(of[c.Ref.String()])
			if c.Held == "" || using >= int(c.Replicas) {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: c.Ref,
				Summary: fmt.Sprintf("pods of %s do not use the connection, its pod template does (%d of %d)", c.Ref, int(c.Replicas)-using,
					c.Replicas),
				Cause: "they are of an earlier template: " + c.Held,
				Fixes: []check.Fix{fix("let the rollout go on, or delete the pods",
					cmdline.Kubectl("rollout", "status", c.Ref.String(), "-n", c.Ref.Namespace),
					cmdline.Kubectl("edit", c.Ref.String(), "-n", c.Ref.Namespace))},
			}
			if c.Ref.Kind == "deployment" {
				f.Fixes = []check.Fix{fix("let the rollout go on", cmdline.Kubectl("rollout", "resume", c.Ref.String(), "-n", c.Ref.Namespace))}
				f.Fixes[0].Disruptive = true
			}
			found = append(found, f)
		}
		return found, nil
	},
}
