package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppAnswers finds apps that accept connections but do not answer.
var AppAnswers = &check.Check{
	Code: "INS0204",
	Name: "app-answers",
	Hop:  hopApp,
	Doc: `the app answers a request

The port's name, its appProtocol, a probe or the name of the container's port declares HTTP or HTTPS. So does a number such as 80, if
nothing names the port: an app that accepts connections there and stays silent does not answer.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		bad := func(a facts.AppAnswer) bool {
			return a.Expected.Declared && (a.Spoken == endpoints.Nothing || a.Spoken == endpoints.Closed) ||
				a.Expected.Usual && a.Spoken == endpoints.Nothing
		}
		answers, ok, err := appAnswers(p)
		if err != nil || !ok {
			return nil, err
		}
		for _, a := range answers.Items {
			if a.Mesh && bad(a) {
				return nil, fmt.Errorf("%s does not answer the test pod, but a service mesh's proxy is in front of the app: "+
					"it may answer only within the mesh", location(a))
			}
		}
		return protocolFindings(p, bad, func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
			f := check.Finding{
				Summary: fmt.Sprintf("%s accepts connections but does not answer a request", location(a)),
				Cause:   fmt.Sprintf("the program hangs or is overloaded (%s promises %s)", a.Expected.By, strings.ToUpper(a.Expected.Protocol)),
			}
			if a.Spoken == endpoints.Closed {
				f.Summary = fmt.Sprintf("%s accepts connections and closes them without an answer", location(a))
				f.Cause = fmt.Sprintf("the program closes or resets %[1]s connections, but %[2]s declares %[1]s",
					strings.ToUpper(a.Expected.Protocol), a.Expected.By)
			}
			s, _ := facts.Service.Get(p)
			f.Fixes = []check.Fix{fix("show what the app does with a request", requestCommand(a, s.Namespace))}
			if a.Pod != "" {
				f.Fixes[0].Commands = append(f.Fixes[0].Commands, cmdline.Kubectl("logs", a.Pod, "-n", s.Namespace, "--tail=50"))
			}
			return f
		})
	},
}
