package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/dialerror"
	"github.com/akstools/akstools/internal/facts"
)

// TunnelServerAnswers is for the end of the tunnel that is Microsoft's.
var TunnelServerAnswers = &check.Check{
	Code: "TUN0307",
	Name: "tunnel-server-answers",
	Hop:  hopEgress,
	Doc: `the API server reaches its own end of the tunnel

The konnectivity server stands beside the API server, which says so where it does not answer. From the nodes that looks as if
something on the way cut the agents off. Source:
https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/server/egressselector/egress_selector.go`,
	After: []*check.Check{APIServerAnswers},
	Needs: []check.Need{facts.LogTries},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		tries, err := facts.LogTries.Get(p)
		if err != nil { // the check of logs says so
			p.Skip("logs could not be tried")
			return nil, nil
		}
		for _, t := range tries {
			for _, text := range t.Errors {
				e := dialerror.Explain(text)
				if e.Class != dialerror.TunnelServerDown {
					continue
				}
				severity := check.Error
				if t.Good > 0 {
					severity = check.Warning
				}
				return []check.Finding{{
					Severity: severity, Target: check.Ref{Kind: "cluster", Name: "control-plane"},
					Summary:  fmt.Sprintf("the API server does not reach its own end of the tunnel: %s", text),
					Cause:    e.Meaning,
					Evidence: []check.Evidence{{Source: t.Source, Lines: []string{text}}},
					Fixes: []check.Fix{
						{Title: "open a support request with this report: the konnectivity server is in the control plane, which is Microsoft's"},
						reconcile("let AKS reconcile the control plane"),
					},
				}}, nil
			}
		}
		return nil, nil
	},
}
