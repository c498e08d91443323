package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppListensOnPodAddress is for apps that only they themselves can reach.
var AppListensOnPodAddress = &check.Check{
	Code: "INS0202",
	Name: "app-listens-on-pod-address",
	Hop:  hopApp,
	Doc: `the app listens on the pod's address, not only on 127.0.0.1

A program bound to 127.0.0.1 or localhost is reached from inside its pod, so by port-forward and by exec probes, and by
nobody else.`,
	Sources: []string{"https://kubernetes.io/docs/reference/kubectl/generated/kubectl_port-forward/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return answerFindings(p, func(a facts.AppAnswer) bool {
			return a.Connect == endpoints.Refused && a.Loopback == endpoints.Connected
		},
			func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
				s, _ := facts.Service.Get(p) // known, or there would be no answers
				return check.Finding{
					Summary: fmt.Sprintf("%s refuses connections, while inside the pod 127.0.0.1:%d accepts them", place(a), a.Port),
					Cause:   "the program is bound to 127.0.0.1 only",
					Fixes: []check.Fix{fix("bind the program to 0.0.0.0 (or ::), often by an option or variable such as HOST or BIND",
						kubectl("port-forward", "pod/"+a.Pod, "-n", s.Namespace, fmt.Sprintf(":%d", a.Port)),
					)},
				}
			})
	},
}
