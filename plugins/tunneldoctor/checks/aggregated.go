package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// MetricsAPIAnswers is for `kubectl top`.
var MetricsAPIAnswers = &check.Check{
	Code: "TUN0703",
	Name: "metrics-api-answers",
	Hop:  hopServices,
	Doc: `the metrics API answers, so kubectl top works

The API server gets it from metrics-server through the tunnel. Where logs work and top does not, metrics-server or its policy
is at fault.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/error-from-server-error-dialing-backend-dial-tcp"},
	After:   tunnelCarries(),
	Needs:   []check.Need{facts.AggregatedAPIs},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return aggregatedAPIs(p, func(a facts.AggregatedAPI) bool { return a.Name == facts.MetricsAPI })
	},
}

// AggregatedAPIsAnswer is for the others.
var AggregatedAPIsAnswer = &check.Check{
	Code: "TUN0704",
	Name: "aggregated-apis-answer",
	Hop:  hopServices,
	Doc: `the other aggregated APIs answer

An API that is registered and does not answer also delays whatever asks for all APIs, such as the deletion of namespaces.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation"},
	After:   tunnelCarries(),
	Needs:   []check.Need{facts.AggregatedAPIs},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return aggregatedAPIs(p, func(a facts.AggregatedAPI) bool { return a.Name != facts.MetricsAPI })
	},
}

func aggregatedAPIs(p *check.Pass, of func(facts.AggregatedAPI) bool) ([]check.Finding, error) {
	all, err := facts.AggregatedAPIs.Get(p)
	if err != nil {
		return nil, err
	}
	var fs []check.Finding
	any := false
	for _, a := range all {
		if !of(a) {
			continue
		}
		any = true
		if a.Error == "" || len(fs) == maxFindings { // that it answers outranks the condition, which is old
			continue
		}
		why := a.Error
		if a.Available.Status == "False" { // it says more
			why = or(a.Available.Message, a.Error)
		}
		f := check.Finding{
			Severity: check.Error, Target: check.Ref{Kind: "apiservice", Name: a.Name},
			Summary: fmt.Sprintf("the API %s does not answer: %s", a.Name, why),
			Cause:   fmt.Sprintf("its service %s in namespace %s has %d ready endpoints, and the API server does not get through to them", a.Service.Name, a.Service.Namespace, a.Endpoints),
			Fixes: []check.Fix{{
				Title: "see whether its pods answer, and which policy selects them", Commands: [][]string{
					kubectl("insideout", "svc/"+a.Service.Name, "-n", a.Service.Namespace), kubectl("get", "networkpolicies", "-n", a.Service.Namespace),
				},
			}},
			Evidence: []check.Evidence{{Source: kubectl("get", "apiservice", a.Name), Lines: []string{a.Error}}},
		}
		if a.Endpoints == 0 {
			f.Cause = fmt.Sprintf("its service %s in namespace %s has no ready endpoint: no pod serves it", a.Service.Name, a.Service.Namespace)
		}
		fs = append(fs, f)
	}
	if !any {
		p.Skip("there is none")
	}
	return fs, nil
}
