package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppSpeaksExpectedProtocol compares the protocol that an app speaks with the one that its port declares.
var AppSpeaksExpectedProtocol = &check.Check{
	Code: "INS0205",
	Name: "app-speaks-expected-protocol",
	Hop:  hopApp,
	Doc: `the app speaks the protocol that its port declares

Clients, ingress controllers and meshes rely on appProtocol and on the port's name. Plain HTTP to a TLS port, or TLS to a
plain one, fails with 400 or 502.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return protocolFindings(p, wrongProtocol, func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
			s, _ := facts.Service.Get(p)
			spoken := strings.ToUpper(a.Spoken)
			if a.Spoken == endpoints.Other {
				spoken = "neither well-formed HTTP nor TLS"
			}
			return check.Finding{
				Summary: fmt.Sprintf("%s speaks %s, but %s is expected", location(a), spoken, strings.ToUpper(a.Expected.Protocol)),
				Cause:   fmt.Sprintf("%s declares %s", a.Expected.By, strings.ToUpper(a.Expected.Protocol)),
				Fixes: []check.Fix{fix("correct the port's name and appProtocol, or the app's protocol",
					cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace), requestCommand(a, s.Namespace),
				)},
			}
		})
	},
}

func wrongProtocol(a facts.AppAnswer) bool {
	if !a.Expected.Declared || a.Mesh {
		return false
	}
	return a.Spoken == endpoints.Other ||
		a.Spoken == endpoints.HTTP && a.Expected.Protocol == endpoints.HTTPS ||
		a.Spoken == endpoints.HTTPS && a.Expected.Protocol == endpoints.HTTP
}
