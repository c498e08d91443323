package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// MetricsAPIAnswers finds a metrics API that does not answer, as `kubectl top` needs it.
var MetricsAPIAnswers = &check.Check{
	Code: "TUN0703",
	Name: "metrics-api-answers",
	Hop:  hopServices,
	Doc: `the metrics API answers, so kubectl top works

The API server forwards its requests to metrics-server through the tunnel. If logs work and top does not, metrics-server or a
NetworkPolicy for it is at fault. It asks the API server who may read metrics, and each kubelet for them: the API may answer and have no
figures of some nodes.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/error-from-server-error-dialing-backend-dial-tcp",
	},
	After: tunnelChecks(),
	Needs: []check.Need{
		facts.AggregatedAPIs, facts.Backends, facts.EmptyServices, facts.MetricsServer, facts.NodeMetrics, facts.ClusterNodes,
		facts.Tunnel, facts.Agents, facts.CalledServices, facts.AgentNodeReports,
	},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		fs, err := aggregatedAPIs(p, func(a facts.AggregatedAPI) bool { return a.Name == facts.MetricsAPI })
		for i := range fs {
			nameMetricsServer(p, &fs[i])
		}
		if err != nil || len(fs) > 0 {
			return fs, err
		}
		fs = slices.Concat(unreviewingMetricsServer(p), stuckMetricsServer(p), killedMetricsServer(p), nodesWithoutMetrics(p))
		if _, err := facts.NodeMetrics.Get(p); err != nil && !facts.IsNotHeld(err) && len(fs) == 0 {
			return nil, fmt.Errorf("the figures could not be read, as kubectl top does: %w", err)
		}
		return fs, nil
	},
}

// AggregatedAPIsAnswer finds other aggregated APIs that do not answer.
var AggregatedAPIsAnswer = &check.Check{
	Code: "TUN0704",
	Name: "aggregated-apis-answer",
	Hop:  hopServices,
	Doc: `the other aggregated APIs answer

A registered API that does not answer also blocks or delays whatever discovers all APIs, such as the deletion of a namespace.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation"},
	After:   tunnelChecks(),
	Needs: []check.Need{
		facts.AggregatedAPIs, facts.Backends, facts.EmptyServices, facts.Tunnel, facts.Agents, facts.CalledServices, facts.AgentNodeReports,
	},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return aggregatedAPIs(p, func(a facts.AggregatedAPI) bool { return a.Name != facts.MetricsAPI })
	},
}

// aggregatedAPIs returns the findings for the APIs that of selects. It skips the check if there are none.
func aggregatedAPIs(p *check.Pass, of func(facts.AggregatedAPI) bool) ([]check.Finding, error) {
	all, err := facts.AggregatedAPIs.Get(p)
	if err != nil {
		return nil, err
	}
	var fs []check.Finding
	some := false
	for _, a := range all {
		if !of(a) {
			continue
		}
		some = true
		if a.Error == "" { // an answer outweighs the condition, which may be out of date
			continue
		}
		cause := a.Error
		if a.Available.Status == "False" { // its message has more detail
			cause = firstNonEmpty(a.Available.Message, a.Error)
		}
		f := check.Finding{
			Severity: check.Error, Target: check.Ref{Kind: "apiservice", Name: a.Name},
			Summary:  fmt.Sprintf("API %s does not answer: %s", a.Name, cause),
			Cause:    fmt.Sprintf("its Service %s/%s has no ready endpoint", a.Service.Namespace, a.Service.Name),
			Fixes:    []check.Fix{checkServiceFix(a.Service, errtext.Explain(cause).Class)},
			Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", "apiservice", a.Name), Lines: []string{a.Error}}},
		}
		if a.Endpoints > 0 {
			f.Cause = lostAgents(p) + fmt.Sprintf("requests to its Service %s/%s fail, although it has %s",
				a.Service.Namespace, a.Service.Name, counted(a.Endpoints, "ready endpoint"))
			blameBackend(p, a.Service, errtext.Explain(cause).Class, &f)
		} else if s, err := facts.MetricsServer.Get(p); a.Name != facts.MetricsAPI || err != nil || s.Pod == "" { // its own pod is told later
			sayWhyEmpty(p, a.Service, &f)
		}
		fs = append(fs, f)
	}
	if !some {
		p.Skip("no such API is registered")
	}
	return limited(fs, "API"), nil
}

// lostAgents begins a cause with how many tunnel agents are not connected while others are; empty: none, or it is unknown.
func lostAgents(p *check.Pass) string {
	t, err := facts.Tunnel.Get(p)
	if err != nil || !t.ReadyIsConnected() {
		return ""
	}
	agents, err := facts.Agents.Get(p)
	if err != nil {
		return ""
	}
	alive := len(agents.Alive())
	lost := alive - readyCount(agents)
	if lost <= 0 || lost == alive {
		return ""
	}
	return fmt.Sprintf("of %d tunnel agents, %d lost the API server (TUN0306), so some connections through the tunnel fail; ", alive, lost)
}
