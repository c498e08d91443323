package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ValuesAreCurrent finds containers that started before the Secret was last written.
var ValuesAreCurrent = &check.Check{
	Code: "CON0405",
	Name: "values-are-current",
	Hop:  hopConsumers,
	Doc: `the pods have the present values of the Secret

Variables and files mounted by subPath stay as they were when the container started. After a connection was updated or a password was
rotated, pods must be restarted.`,
	Sources: []string{docSecrets},
	After:   []*check.Check{SecretExists},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, info, ok, err := usersOfSecret(p)
		if !ok {
			return nil, err
		}
		if info.Changed.IsZero() {
			p.Skip("when the Secret was last written is unknown: it has no managedFields")
			return nil, nil
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			var old []check.Ref
			var fresh []podhealth.Pod
			owner := "" // of one that is old
			for _, pod := range pods.Of(c.Ref) {
				if stale(pod, s.Secret, info.Changed) {
					old = append(old, check.Ref{Kind: "pod", Namespace: s.Namespace, Name: pod.Name})
					owner = pod.Owner
				} else {
					fresh = append(fresh, pod.Pod)
				}
			}
			if len(old) == 0 {
				continue
			}
			f := check.Finding{
				Severity: check.Warning, Target: c.Ref, Also: old,
				Summary: fmt.Sprintf("%s of %s started before Secret %s was last written, at %s", counted(len(old), "pod"), c.Ref, s.Secret,
					info.Changed.Format(time.RFC3339)),
				Cause: "variables keep the values that the Secret had when the container started", Fixes: []check.Fix{restart(c.Ref)},
			}
			if c.Ref.Kind == "cronjob" {
				f.Cause += "; if concurrencyPolicy is Forbid, no other run starts while this one lasts"
				f.Fixes = []check.Fix{{
					Title: "if it does not complete, delete the Job; the next run has the present values", Disruptive: true,
					Commands: []cmdline.Command{cmdline.Kubectl("delete", owner, "-n", s.Namespace)},
				}}
			} else if stuck := podhealth.Problems(fresh, stopped(pods.At)); len(stuck) > 0 {
				f.Cause += fmt.Sprintf("; a newer pod %s %s: the rollout may be stuck", stuck[0].Pod.Name, stuck[0].Summary)
				f.Fixes = append([]check.Fix{fix("fix what keeps the newer pod from running; the former pods stay until then",
					cmdline.Kubectl("describe", "pod", stuck[0].Pod.Name, "-n", s.Namespace))}, f.Fixes...)
			}
			if leaving := pods.Leaving(c.Ref); len(leaving) > 0 && c.Ref.Kind == "statefulset" {
				f.Cause += fmt.Sprintf("; pod %s is being deleted, and a StatefulSet goes on only when it is gone: a finalizer may hold it, or its "+
					"node is lost", leaving[0])
				f.Fixes = append([]check.Fix{fix("see what holds the pod: metadata.finalizers",
					cmdline.Kubectl("get", "pod", leaving[0], "-n", s.Namespace, "-o", "yaml"))}, f.Fixes...)
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// stale reports whether a container of the pod runs with values of the Secret from before the time.
func stale(pod facts.ConsumerPod, secret string, changed time.Time) bool {
	for _, use := range pod.Use.Of(secret) {
		for _, c := range pod.Containers {
			concerns := use.Container == "" || use.Container == c.Name
			if use.Copied && concerns && c.State.Phase == podhealth.Running && c.State.Since.Before(changed) {
				return true
			}
		}
	}
	return false
}
