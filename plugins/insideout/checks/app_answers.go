package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppAnswers is for apps that accept and are silent.
var AppAnswers = &check.Check{
	Code: "INS0204",
	Name: "app-answers",
	Hop:  hopApp,
	Doc: `the app answers a request

Judged only where the port's name, its appProtocol or a probe says that HTTP or HTTPS is spoken: of a port that merely has
a number like 80, silence proves nothing.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		bad := func(a facts.AppAnswer) bool {
			return a.Expected.Declared && (a.Spoken == endpoints.Nothing || a.Spoken == endpoints.Closed)
		}
		answers, ok, err := asked(p)
		if err != nil || !ok {
			return nil, err
		}
		for _, a := range answers.Items {
			if a.Mesh && bad(a) {
				return nil, fmt.Errorf("%s gives the test pod no answer, and a service mesh's proxy stands before the app: it may answer within the mesh only", place(a))
			}
		}
		return spokenFindings(p, bad, func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
			f := check.Finding{
				Summary: fmt.Sprintf("%s accepts connections and answers a request with nothing", place(a)),
				Cause:   "the program hangs, or is overloaded: it does not take up requests",
			}
			if a.Spoken == endpoints.Closed {
				f.Summary = fmt.Sprintf("%s accepts connections and closes them without an answer", place(a))
				f.Cause = fmt.Sprintf("the program ends or resets connections that speak %s, which %s promises", a.Expected.Protocol, a.Expected.By)
			}
			s, _ := facts.Service.Get(p)
			f.Fixes = []check.Fix{fix("see what the app does with a request", see(a, s.Namespace))}
			if a.Pod != "" {
				f.Fixes[0].Commands = append(f.Fixes[0].Commands, kubectl("logs", a.Pod, "-n", s.Namespace, "--tail=50"))
			}
			return f
		})
	},
}
