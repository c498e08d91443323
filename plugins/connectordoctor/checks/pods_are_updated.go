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

A Deployment that is paused, and a StatefulSet with a partition or the strategy OnDelete, keep pods of an earlier template. So does a
StatefulSet that waits for such a pod to become Ready.`,
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
			cause, update := heldBy(c)
			found = append(found, check.Finding{
				Severity: check.Error, Target: c.Ref,
				Summary: fmt.Sprintf("%d of %d pods of %s do not use the connection; its pod template does", int(c.Replicas)-using, c.Replicas, c.Ref),
				Cause:   "they are of an earlier template: " + cause, Fixes: []check.Fix{update},
			})
		}
		return found, nil
	},
}

// heldBy returns why pods of the workload keep an earlier template, and the fix that gives them the present one.
func heldBy(c facts.Consumer) (cause string, update check.Fix) {
	name, namespace := c.Ref.String(), c.Ref.Namespace
	switch c.Held {
	case facts.Paused:
		cause, update = "the Deployment is paused", fix("let the rollout go on", cmdline.Kubectl("rollout", "resume", name, "-n", namespace))
	case facts.Partitioned:
		cause = "the StatefulSet has a partition, and pods with lower numbers keep the template that they have"
		update = fix("remove the partition", cmdline.Kubectl("patch", name, "-n", namespace, "-p",
			`{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}`))
	case facts.Waiting:
		cause = "the StatefulSet replaces pods in order (OrderedReady), and waits for a pod of the earlier template that does not become Ready"
		update = fix("delete the pod that is not Ready, so that it is created again from the present template",
			cmdline.Kubectl("get", "pods", "-n", namespace))
	default:
		cause = "its update strategy is OnDelete: a pod gets the present template when it is deleted"
		update = fix("delete its pods one by one", cmdline.Kubectl("get", "pods", "-n", namespace))
	}
	update.Disruptive = true
	return cause, update
}
