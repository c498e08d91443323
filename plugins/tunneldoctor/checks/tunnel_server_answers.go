package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TunnelServerAnswers finds failures of the tunnel server, which Microsoft runs.
var TunnelServerAnswers = &check.Check{
	Code: "TUN0307",
	Name: "tunnel-server-answers",
	Hop:  hopEgress,
	Doc: `the API server reaches the tunnel server

The tunnel server (konnectivity server) runs next to the API server. If it is down, requests fail at once in HTTP mode; in gRPC
mode they hang for a while first. If it runs but has no agents, they fail at once in both. From the nodes, a tunnel server that is
down looks like a firewall that cuts off the agents.`,
	Sources: []string{
		"https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/server/egressselector/egress_selector.go",
	},
	After: []*check.Check{APIServerAnswers},
	Needs: []check.Need{facts.LogAttempts, facts.Tunnel, facts.Agents, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		attempts, err := facts.LogAttempts.Get(p)
		if err != nil { // the check of logs reports it
			p.Skip("logs could not be tried")
			return nil, nil
		}
		for _, t := range attempts {
			for _, text := range t.Errors {
				e := errtext.Explain(text)
				if e.Class != errtext.TunnelServerDown {
					continue
				}
				severity := check.Error
				if t.Succeeded > 0 {
					severity = check.Warning
				}
				return serverFinding(severity, "the API server cannot connect to the tunnel server: "+text, e.Meaning,
					check.Evidence{Source: t.Command(), Lines: []string{text}}), nil
			}
		}
		if !allUnanswered(attempts) {
			return nil, nil
		}
		i := slices.IndexFunc(attempts, func(t facts.Attempts) bool { return len(t.Errors) > 0 })
		return silentServer(p, attempts[i])
	},
}

// silentServer finds a tunnel server that answers neither the API server nor the agents, while its front end completes TLS
// handshakes with other clients. If the nodes' reports do not show that, it finds nothing: the checks of the agents' egress report
// why.
func silentServer(p *check.Pass, t facts.Attempts) ([]check.Finding, error) {
	tunnel, agents, reports, err := withAPIState(p)
	if err != nil {
		p.Skip("the API server did not answer, and whether the agents' nodes reach the tunnel server is unknown: %v", err)
		return nil, nil
	}
	if readyCount(agents) > 0 {
		return nil, nil
	}
	for _, s := range reports {
		api := s.Report.API
		if !api.TLS.Done() || api.TLS.Foreign() || !api.ALPN.Tried || api.ALPN.Done() {
			continue
		}
		return serverFinding(check.Error, "the tunnel server answers neither the API server nor the agents",
			fmt.Sprintf("TLS to %s works without the agents' ALPN protocol and fails with it; "+
				"the API server hangs instead of reporting that it has no agent", endpoint(tunnel)),
			append(handshakeEvidence(s, tunnel, true), check.Evidence{Source: t.Command(), Lines: t.Errors})...), nil
	}
	return nil, nil
}

// allUnanswered reports whether there were attempts and all of them, on every node, got no answer.
func allUnanswered(attempts []facts.Attempts) bool {
	some := false
	for _, t := range attempts {
		some = some || len(t.Errors) > 0
		if t.Succeeded > 0 || slices.ContainsFunc(t.Errors, func(text string) bool { return text != facts.NoAnswer }) {
			return false
		}
	}
	return some
}

// serverFinding returns a finding about the tunnel server.
func serverFinding(severity check.Severity, summary, cause string, seen ...check.Evidence) []check.Finding {
	return []check.Finding{{
		Severity: severity, Target: check.Ref{Kind: "cluster", Name: "control-plane"},
		Summary:  summary,
		Cause:    cause,
		Evidence: seen,
		Fixes: []check.Fix{
			{Title: "open an Azure support request with this report: Microsoft runs the tunnel server"},
			reconcileFix("reconcile the cluster's control plane"),
		},
	}}
}
