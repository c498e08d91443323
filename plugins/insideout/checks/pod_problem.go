package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// podProblem is what one pod has.
type podProblem struct {
	pod       podhealth.Pod
	container podhealth.Container // zero where it is the whole pod's
	summary   string              // follows the pod's or container's name: "waits: ErrImagePull"
	cause     string
}

func (t podProblem) subject() string {
	if t.container.Name == "" {
		return "pod " + t.pod.Name
	}
	kind := "container"
	if t.container.Init && !t.container.Sidecar {
		kind = "init container"
	}
	return fmt.Sprintf("%s %s of pod %s", kind, t.container.Name, t.pod.Name)
}

// podFinding makes one finding of the troubles, which are of one kind: about the first pod, saying how many have it. It is an
// error where no pod serves, a warning where others do.
func podFinding(s facts.ServiceInfo, pods facts.PodList, troubles []podProblem, fixes ...check.Fix) []check.Finding {
	if len(troubles) == 0 {
		return nil
	}
	severity := check.Error
	if len(pods.Serving(s)) > 0 {
		severity = check.Warning
	}
	first := troubles[0]
	var also []check.Ref
	for _, t := range troubles[1:] {
		also = append(also, podRef(s, t.pod))
	}
	summary := fmt.Sprintf("%s %s", first.subject(), first.summary)
	if alive := len(pods.Alive()); alive > 1 {
		summary += fmt.Sprintf(" (%d of %d pods)", len(troubles), alive)
	}
	return []check.Finding{{
		Severity: severity,
		Target:   podRef(s, first.pod),
		Also:     also,
		Summary:  summary,
		Cause:    first.cause,
		Fixes:    fixes,
	}}
}

// podRef names a pod of the Service.
func podRef(s facts.ServiceInfo, p podhealth.Pod) check.Ref {
	return check.Ref{Kind: "pod", Namespace: s.Namespace, Name: p.Name}
}

// problems returns what look finds in the pods that live and are not ready: at most one trouble a pod.
func problems(pods facts.PodList, look func(podhealth.Pod) (podProblem, bool)) []podProblem {
	var found []podProblem
	for _, p := range pods.Alive() {
		if p.Ready() {
			continue
		}
		if t, ok := look(withoutHistory(p, pods.At)); ok {
			t.pod = p
			found = append(found, t)
		}
	}
	return found
}

// backoffReset is how long a container must have run for its last end to be history: by then the kubelet itself starts to wait anew
// (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy).
const backoffReset = 10 * time.Minute

// withoutHistory is the pod without how containers ended that have run for long since: why the pod is not ready now is something else.
func withoutHistory(p podhealth.Pod, at time.Time) podhealth.Pod {
	p.Containers = slices.Clone(p.Containers)
	for i := range p.Containers {
		if c := &p.Containers[i]; c.State.Phase == podhealth.Running && at.Sub(c.State.Since) > backoffReset {
			c.Last = podhealth.State{}
		}
	}
	return p
}

// containerProblem returns what look finds in a container of the pod: the first.
func containerProblem(p podhealth.Pod, look func(podhealth.Container) (what, why string)) (podProblem, bool) {
	for _, c := range p.Containers {
		if what, why := look(c); what != "" {
			return podProblem{pod: p, container: c, summary: what, cause: why}, true
		}
	}
	return podProblem{}, false
}

// unlessFound returns the findings without an error where one of them is at least as severe as least: what is certain counts,
// whatever else is not known. Otherwise it returns unknown, by which it is not known whether there are more; nil if nothing is.
func unlessFound(fs []check.Finding, least check.Severity, unknown error) ([]check.Finding, error) {
	if slices.ContainsFunc(fs, func(f check.Finding) bool { return f.Severity.AtLeast(least) }) {
		return fs, nil
	}
	return fs, unknown
}

// podFacts are read by every check of a pod.
func podFacts(p *check.Pass) (facts.ServiceInfo, facts.PodList, error) {
	s, err := facts.Service.Get(p)
	if err != nil {
		return s, facts.PodList{}, err
	}
	pods, err := facts.Pods.Get(p)
	return s, pods, err
}

// selectedPods are read by the checks that mean nothing without a selector; ok is false where there is none, and that is said.
func selectedPods(p *check.Pass) (s facts.ServiceInfo, pods facts.PodList, ok bool, err error) {
	s, pods, err = podFacts(p)
	if err == nil && len(s.Selector) == 0 {
		p.Skip("the Service has no selector")
		return s, pods, false, nil
	}
	return s, pods, err == nil, err
}

func ago(at, since time.Time) string { return at.Sub(since).Round(time.Second).String() }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
