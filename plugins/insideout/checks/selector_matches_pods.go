package checks

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// SelectorMatchesPods is the first check: a Service without pods has no path.
var SelectorMatchesPods = &check.Check{
	Code: "INS0101",
	Name: "selector-matches-pods",
	Hop:  hopPod,
	Doc: `the Service's selector matches pods, or the pod template of a workload

A Service sends traffic to the pods of its namespace that have all labels of its selector. A typo or a renamed workload
leaves it without pods, and connections are refused.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/"},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Workloads},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		switch {
		case err != nil:
			return nil, err
		case s.ExternalName != "":
			p.Skip("the Service is an ExternalName for %s", s.ExternalName)
			return nil, nil
		case len(s.Selector) == 0:
			p.Skip("the Service has no selector")
			return nil, nil
		case len(pods.Items) > 0:
			return nil, nil
		}
		workloads, err := facts.Workloads.Get(p)
		if err != nil {
			return nil, fmt.Errorf("selector %s matches no pods now; whether a workload creates such pods is unknown: %w",
				labels.Set(s.Selector), err)
		}
		if len(workloads.Selected) > 0 {
			return nil, nil
		}
		f := check.Finding{
			Severity: check.Error,
			Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
			Summary:  fmt.Sprintf("selector %s matches no pods", labels.Set(s.Selector)),
			Cause:    "no workload of the namespace has pods with similar labels",
			Fixes: []check.Fix{fix("look for the pods in other namespaces",
				cmdline.Kubectl("get", "pods", "-A", "-l", labels.Set(s.Selector).String()),
			)},
		}
		if len(workloads.Near) > 0 {
			near := workloads.Near[0]
			differences := endpoints.Differences(s.Selector, near.Labels)
			if len(differences) == 0 { // it came after the pods were listed
				return nil, fmt.Errorf("selector %s matched no pods, but it matches %s by now: try again", labels.Set(s.Selector), near.Ref)
			}
			f.Cause = fmt.Sprintf("the closest match is %s: %s", near.Ref, differences[0])
			f.Fixes = []check.Fix{selectorFix(s, near)}
		}
		return []check.Finding{f}, nil
	},
}

// selectorFix makes the Service select the candidate's pods: by a patch, if that selects no others.
func selectorFix(s facts.ServiceInfo, near endpoints.Candidate) check.Fix {
	changes, sure := endpoints.Correction(s.Selector, near.Labels)
	if !sure {
		return fix(fmt.Sprintf("select the pods of %s by labels that only they have (%s)", near.Ref, labels.Set(near.Labels)),
			cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace),
		)
	}
	body := patch(map[string]any{"spec": map[string]any{"selector": changes}})
	return fix("select the pods of "+near.Ref,
		cmdline.Kubectl("patch", "service", s.Name, "-n", s.Namespace, "--type=merge", "-p", body))
}
