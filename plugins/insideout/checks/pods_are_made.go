package checks

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodsAreMade evaluates the workload if the Service's selector is right but no pod is alive.
var PodsAreMade = &check.Check{
	Code: "INS0102",
	Name: "pods-are-made",
	Hop:  hopPod,
	Doc: `pods of the Service's workload are created

A quota, an admission policy, a missing ServiceAccount, a paused Deployment or a stalled controller keeps a workload from creating
pods. The workload's conditions and events say why. Kubelets may reject pods again and again, by their status. A workload that is
scaled to 0 is the answer for a target that was named, and info among many.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment"},
	After:   []*check.Check{SelectorMatchesPods},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Workloads, facts.WorkloadEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok {
			return nil, err
		}
		pod, turnedAway := rejected(pods)
		if !turnedAway && len(pods.Alive()) > 0 {
			return nil, nil
		}
		workloads, err := facts.Workloads.Get(p)
		wanted := err != nil || len(workloads.Selected) == 0 ||
			slices.ContainsFunc(workloads.Selected, func(w facts.Workload) bool { return w.Replicas > 0 })
		if turnedAway && (wanted || len(pods.Alive()) > 0) {
			return []check.Finding{rejectedPods(s, pod)}, nil
		}
		if err != nil {
			return nil, err
		}
		if len(workloads.Selected) == 0 {
			return []check.Finding{{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary:  fmt.Sprintf("all %d pods that the selector matches have terminated or are being deleted", len(pods.Items)),
				Cause:    "no Deployment, StatefulSet or DaemonSet creates new ones",
				Fixes: []check.Fix{fix("find out why they terminated",
					cmdline.Kubectl("describe", "pods", "-n", s.Namespace, "-l", selectorText(s)))},
			}}, nil
		}
		var first *check.Finding
		for _, w := range workloads.Selected {
			f, err := missingPods(p, w, workloads.Named)
			if err != nil {
				return nil, err
			}
			if first == nil || f.Severity.AtLeast(check.Error) {
				first = &f
			}
		}
		return []check.Finding{*first}, nil
	},
}

// missingPods is the finding on a workload without pods.
func missingPods(p *check.Pass, w facts.Workload, named bool) (check.Finding, error) {
	f := check.Finding{Severity: check.Error, Target: w.Ref, Summary: fmt.Sprintf("%s has 0 of %d pods", w.Ref, w.Replicas)}
	see := fix("show the workload's conditions and events", cmdline.Kubectl("describe", w.Ref.Kind, w.Ref.Name, "-n", w.Ref.Namespace))
	switch {
	case w.Replicas == 0 && w.Ref.Kind == "daemonset":
		return noNode(f, w, see), nil
	case w.Replicas == 0:
		return scaledToZero(f, w, named), nil
	case w.Paused:
		f.Cause = "the Deployment is paused, so its controller creates no pods"
		f.Fixes = []check.Fix{fix("resume it", cmdline.Kubectl("rollout", "resume", w.Ref.String(), "-n", w.Ref.Namespace))}
		return f, nil
	case w.Failure.Status != "":
		f.Cause = w.Failure.Message
		f.Fixes = append(denialFixes(w), see)
		return f, nil
	case !w.Observed:
		f.Cause = "the controller manager has not processed the workload's last change; it may be stalled"
		f.Fixes = []check.Fix{see}
		return f, nil
	}
	events, err := facts.WorkloadEvents.Get(p)
	if err != nil {
		return f, fmt.Errorf("%s has 0 of %d pods; the reason is unknown: %w", w.Ref, w.Replicas, err)
	}
	f.Cause = "its controller reports no reason; it may be stalled"
	if pods, err := facts.Pods.Get(p); err == nil && len(pods.Items) > 0 {
		f.Cause = fmt.Sprintf("%d pods are still being deleted; the update strategy may create new ones only after that", len(pods.Items))
	}
	if e, ok := events.Last(w.Ref.String(), "FailedCreate"); ok {
		f.Cause = e.Message
	}
	f.Fixes = append(denialFixes(w), see)
	return f, nil
}

// scaledToZero is the finding on a workload whose owner wants no pods: for a target that the user named, the answer.
func scaledToZero(f check.Finding, w facts.Workload, named bool) check.Finding {
	if !named {
		f.Severity = check.Info
	}
	f.Summary = fmt.Sprintf("%s is scaled to 0, so nothing answers", w.Ref)
	f.Cause = "its owner or an autoscaler set 0 replicas"
	f.Fixes = []check.Fix{fix("scale it up", cmdline.Kubectl("scale", w.Ref.String(), "-n", w.Ref.Namespace, "--replicas=1"))}
	return f
}

// noNode is the finding on a DaemonSet that wants a pod on no node. Unlike 0 replicas, nobody asks for that.
func noNode(f check.Finding, w facts.Workload, see check.Fix) check.Finding {
	f.Summary = fmt.Sprintf("%s wants pods on 0 nodes, so nothing answers", w.Ref)
	f.Cause = "by its status no node should run it: all have a taint that its pods do not tolerate, or there is no node"
	switch {
	case len(w.NodeSelector) > 0:
		f.Cause = fmt.Sprintf("no node matches its nodeSelector %s, or those that do have a taint that its pods do not tolerate",
			labels.Set(w.NodeSelector))
	case w.Affinity:
		f.Cause = "no node matches its node affinity, or those that do have a taint that its pods do not tolerate"
	}
	f.Fixes = []check.Fix{see, fix("compare with the nodes' labels and taints", cmdline.Kubectl("get", "nodes", "--show-labels"))}
	return f
}

// denialFixes are the fixes for what the API server answers when it does not admit a pod.
func denialFixes(w facts.Workload) []check.Fix {
	ns := w.Ref.Namespace
	switch message := w.Failure.Message; {
	case strings.Contains(message, "exceeded quota"):
		return []check.Fix{fix("show the quota, and raise it", cmdline.Kubectl("describe", "resourcequota", "-n", ns))}
	case strings.Contains(message, "violates PodSecurity"):
		return []check.Fix{fix("set the securityContext that the namespace's Pod Security level requires",
			cmdline.Kubectl("get", "namespace", ns, "--show-labels"), cmdline.Kubectl("edit", w.Ref.String(), "-n", ns),
		)}
	case strings.Contains(message, "error looking up service account"):
		return []check.Fix{fix("create the ServiceAccount, or name another one", cmdline.Kubectl("get", "serviceaccounts", "-n", ns))}
	}
	return nil
}
