package checks

import (
	"fmt"
	"net/http"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppAnswersWithoutError finds HTTP statuses of 500 and above.
var AppAnswersWithoutError = &check.Check{
	Code: "INS0206",
	Name: "app-answers-without-error",
	Hop:  hopApp,
	Doc: `the app answers without a server error

With a status of 500 or above the app itself reports a failure. A lower status, such as 404 or 401, is an answer.`,
	Sources: []string{"https://www.rfc-editor.org/rfc/rfc9110#name-server-error-5xx"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return protocolFindings(p, func(a facts.AppAnswer) bool { return a.ServerError() },
			func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
				s, _ := facts.Service.Get(p)
				f := check.Finding{
					Summary: fmt.Sprintf("%s answers a request with status %d %s", location(a), a.Status, http.StatusText(a.Status)),
					Cause:   "the request reached the app; the app, or what it depends on, failed",
					Fixes:   []check.Fix{fix("show what the app does with a request", requestCommand(a, s.Namespace))},
				}
				if a.Pod != "" {
					f.Fixes[0].Commands = append(f.Fixes[0].Commands, cmdline.Kubectl("logs", a.Pod, "-n", s.Namespace, "--tail=50"))
				}
				return f
			})
	},
}
