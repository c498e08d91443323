package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppListensOnPodAddress finds apps that listen on 127.0.0.1 only.
var AppListensOnPodAddress = &check.Check{
	Code: "INS0202",
	Name: "app-listens-on-pod-address",
	Hop:  hopApp,
	Doc: `the app listens on the pod's address, not only on 127.0.0.1

A program bound to 127.0.0.1 or localhost can be reached only from inside its pod: by port-forward and exec probes, but not
through a Service.`,
	Sources: []string{"https://kubernetes.io/docs/reference/kubectl/generated/kubectl_port-forward/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return answerFindings(p, func(a facts.AppAnswer) bool {
			return a.Connect == endpoints.Refused && a.Loopback == endpoints.Connected
		},
			func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
				s, _ := facts.Service.Get(p) // known, since there are answers
				return check.Finding{
					Summary: fmt.Sprintf("%s refuses connections, but 127.0.0.1:%d inside the pod accepts them", location(a), a.Port),
					Cause:   "the program listens on 127.0.0.1 only",
					Fixes: []check.Fix{fix("make the program listen on 0.0.0.0 (or ::), often an option such as HOST or BIND",
						cmdline.Kubectl("port-forward", "pod/"+a.Pod, "-n", s.Namespace, fmt.Sprintf(":%d", a.Port)),
					)},
				}
			})
	},
}
