package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TargetPortIsListenedOn finds Services whose targetPort is wrong although the app listens.
var TargetPortIsListenedOn = &check.Check{
	Code: "INS0301",
	Name: "target-port-is-listened-on",
	Hop:  hopService,
	Doc: `targetPort is a port on which the app listens

Nothing listens on the number that targetPort gives, the containers do not declare it, and another port that they declare or
probe accepts connections: the Service targets the wrong port.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports"},
	After:   appChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return answerFindings(p, func(a facts.AppAnswer) bool { return nothingListens(a) && wrongTargetPort(a) },
			func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
				s, _ := facts.Service.Get(p)
				others := strings.Trim(fmt.Sprint(a.Others), "[]")
				correction := fix("set targetPort to the right one of these ports", cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace))
				if len(a.Others) == 1 {
					correction = fix(fmt.Sprintf("set targetPort to %d", a.Others[0]), targetPortPatch(s, a.Service, a.Others[0]))
				}
				return check.Finding{
					Target: check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
					Summary: fmt.Sprintf("port %s has targetPort %s, where nothing listens; the app listens on %s",
						a.Service, a.Service.TargetPort, others),
					Cause: fmt.Sprintf("the containers do not declare targetPort %s", a.Service.TargetPort),
					Fixes: []check.Fix{correction},
				}
			})
	},
}
