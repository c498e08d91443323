package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodsAreMade judges the workload where the Service's selector is right and no pod lives.
var PodsAreMade = &check.Check{
	Code: "INS0102",
	Name: "pods-are-made",
	Hop:  hopPod,
	Doc: `pods of the Service's workload are made

A quota, an admission policy, a missing ServiceAccount or a controller that stands still keep a workload from making pods.
The controller says why in the workload's conditions and events. A workload that is scaled to 0 is as its owner wants it.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment"},
	After:   []*check.Check{SelectorMatchesPods},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Workloads, facts.WorkloadEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok || len(pods.Alive()) > 0 {
			return nil, err
		}
		workloads, err := facts.Workloads.Get(p)
		if err != nil {
			return nil, err
		}
		if len(workloads.Selected) == 0 {
			return []check.Finding{{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary:  fmt.Sprintf("all %d pods that the selector matches have ended or are being deleted", len(pods.Items)),
				Cause:    "no Deployment, StatefulSet or DaemonSet makes new ones",
				Fixes:    []check.Fix{fix("see how they ended", kubectl("describe", "pods", "-n", s.Namespace, "-l", selectorText(s)))},
			}}, nil
		}
		var first *check.Finding
		for _, w := range workloads.Selected {
			f, err := notMade(p, w)
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

func notMade(p *check.Pass, w facts.Workload) (check.Finding, error) {
	f := check.Finding{Severity: check.Error, Target: w.Ref, Summary: fmt.Sprintf("%s has none of its %d pods", w.Ref, w.Replicas)}
	see := fix("see what its controller says", kubectl("describe", w.Ref.Kind, w.Ref.Name, "-n", w.Ref.Namespace))
	switch {
	case w.Replicas == 0:
		f.Severity = check.Info
		f.Summary = fmt.Sprintf("%s is scaled to 0 pods, so nothing answers", w.Ref)
		f.Cause = "its owner, or an autoscaler, wants no pods"
		if w.Ref.Kind != "daemonset" {
			f.Fixes = []check.Fix{fix("scale it up", kubectl("scale", w.Ref.String(), "-n", w.Ref.Namespace, "--replicas=1"))}
		}
		return f, nil
	case w.Failure.Status != "":
		f.Cause = w.Failure.Message
		f.Fixes = append(denialFixes(w), see)
		return f, nil
	case !w.Observed:
		f.Cause = "the controller manager has not looked at the workload since it was changed: it stands still"
		f.Fixes = []check.Fix{see}
		return f, nil
	}
	events, err := facts.WorkloadEvents.Get(p)
	if err != nil {
		return f, fmt.Errorf("%s has none of its %d pods; why is not known: %w", w.Ref, w.Replicas, err)
	}
	f.Cause = "its controller gives no reason; it may stand still"
	if pods, err := facts.Pods.Get(p); err == nil && len(pods.Items) > 0 {
		f.Cause = fmt.Sprintf("%d that are being deleted have not ended yet: new ones come after them where the update strategy is so", len(pods.Items))
	}
	if e, ok := events.Last(w.Ref.String(), "FailedCreate"); ok {
		f.Cause = e.Message
	}
	f.Fixes = append(denialFixes(w), see)
	return f, nil
}

// denialFixes are for what the API server says when it does not admit a pod.
func denialFixes(w facts.Workload) []check.Fix {
	ns := w.Ref.Namespace
	switch message := w.Failure.Message; {
	case strings.Contains(message, "exceeded quota"):
		return []check.Fix{fix("see and raise the quota", kubectl("describe", "resourcequota", "-n", ns))}
	case strings.Contains(message, "violates PodSecurity"):
		return []check.Fix{fix("give the pod template the securityContext that the namespace's level asks for",
			kubectl("get", "namespace", ns, "--show-labels"), kubectl("edit", w.Ref.String(), "-n", ns),
		)}
	case strings.Contains(message, "error looking up service account"):
		return []check.Fix{fix("make the ServiceAccount, or name another", kubectl("get", "serviceaccounts", "-n", ns))}
	}
	return nil
}
