package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// podProblem is a problem of one pod or of one of its containers.
type podProblem struct {
	pod       podhealth.Pod
	container podhealth.Container // zero if it is a problem of the whole pod
	summary   string              // continues subject, such as "is not ready"
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

// podFinding returns one finding for problems of one kind: on the first pod, with the number of pods. It is a warning if other
// pods serve, else an error.
func podFinding(s facts.ServiceInfo, pods facts.PodList, problems []podProblem, fixes ...check.Fix) []check.Finding {
	if len(problems) == 0 {
		return nil
	}
	severity := check.Error
	if len(pods.Serving(s)) > 0 {
		severity = check.Warning
	}
	refs := make([]check.Ref, len(problems))
	for i, t := range problems {
		refs[i] = podRef(s, t.pod)
	}
	first := problems[0]
	f := check.Finding{Severity: severity, Summary: fmt.Sprintf("%s %s", first.subject(), first.summary), Cause: first.cause, Fixes: fixes}
	return []check.Finding{f.About(refs, len(pods.Alive()), "pods")}
}

// podRef is the reference to a pod of the Service.
func podRef(s facts.ServiceInfo, p podhealth.Pod) check.Ref {
	return check.Ref{Kind: "pod", Namespace: s.Namespace, Name: p.Name}
}

// problems returns what find finds in the pods that are alive and not Ready: at most one problem a pod.
func problems(pods facts.PodList, find func(podhealth.Pod) (podProblem, bool)) []podProblem {
	var found []podProblem
	for _, p := range podhealth.NotReady(pods.Items) {
		if t, ok := find(withoutHistory(p, pods.At)); ok {
			t.pod = p
			found = append(found, t)
		}
	}
	return found
}

// backoffReset is how long a container must run until its last termination is history: the kubelet then resets its back-off
// (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy).
const backoffReset = 10 * time.Minute

// withoutHistory returns the pod without the last terminations of containers that have been running for long: they are not why
// it is not Ready now.
func withoutHistory(p podhealth.Pod, at time.Time) podhealth.Pod {
	p.Containers = slices.Clone(p.Containers)
	for i := range p.Containers {
		if c := &p.Containers[i]; c.State.Phase == podhealth.Running && at.Sub(c.State.Since) > backoffReset {
			c.Last = podhealth.State{}
		}
	}
	return p
}

// containerProblem returns the first problem that find finds in a container of the pod.
func containerProblem(p podhealth.Pod, find func(podhealth.Container) (summary, cause string)) (podProblem, bool) {
	c, summary, cause, ok := p.ContainerProblem(find)
	return podProblem{pod: p, container: c, summary: summary, cause: cause}, ok
}

// unlessFound returns the findings alone if one is at least as severe as least: it is certain, whatever else is unknown.
// Otherwise it also returns unknown, the reason why there may be more; nil if there is none.
func unlessFound(fs []check.Finding, least check.Severity, unknown error) ([]check.Finding, error) {
	if slices.ContainsFunc(fs, func(f check.Finding) bool { return f.Severity.AtLeast(least) }) {
		return fs, nil
	}
	return fs, unknown
}

// podFacts returns the facts that every check of a pod reads.
func podFacts(p *check.Pass) (facts.ServiceInfo, facts.PodList, error) {
	s, err := facts.Service.Get(p)
	if err != nil {
		return s, facts.PodList{}, err
	}
	pods, err := facts.Pods.Get(p)
	return s, pods, err
}

// selectedPods returns podFacts. ok is false if the Service has no selector: the check is then skipped.
func selectedPods(p *check.Pass) (s facts.ServiceInfo, pods facts.PodList, ok bool, err error) {
	s, pods, err = podFacts(p)
	if err == nil && len(s.Selector) == 0 {
		p.Skip("the Service has no selector")
		return s, pods, false, nil
	}
	return s, pods, err == nil, err
}

// ago is the time from since to at, in seconds.
func ago(at, since time.Time) string { return at.Sub(since).Round(time.Second).String() }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
