package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// CertificateIsCurrent finds expired certificates of apps.
var CertificateIsCurrent = &check.Check{
	Code: "INS0207",
	Name: "certificate-is-current",
	Hop:  hopApp,
	Doc: `the app's certificate has not expired

Clients that verify certificates reject an expired one; an ingress controller that verifies its backends answers 502. Clients
that do not verify still work, so it is a warning.`,
	Sources: []string{"https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		pods, err := facts.Pods.Get(p)
		if err != nil {
			return nil, err
		}
		if pods.At.IsZero() {
			p.Skip("the Service selects no pods")
			return nil, nil
		}
		fs, err := protocolFindings(p, func(a facts.AppAnswer) bool {
			return a.Certificate != nil && a.Certificate.NotAfter.Before(pods.At)
		}, func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
			return check.Finding{
				Summary: fmt.Sprintf("%s presents a certificate that expired on %s", location(a), a.Certificate.NotAfter.Format("2006-01-02")),
				Cause:   "the certificate was not renewed, or the program has not loaded the new one",
				Fixes:   []check.Fix{fix("renew the certificate, and make the program load it")},
			}
		})
		for i := range fs {
			fs[i].Severity = check.Warning
		}
		return fs, err
	},
}
