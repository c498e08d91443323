package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// InitContainersComplete finds init containers that fail.
var InitContainersComplete = &check.Check{
	Code: "INS0107",
	Name: "init-containers-complete",
	Hop:  hopPod,
	Doc: `the init containers complete

The app's containers start only after every init container has exited with code 0. One that still runs may wait for something that
does not come, such as the name of a Service: its log says for what.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/pods/init-containers/"},
	After:   []*check.Check{ContainersAreCreated, VolumesAreMounted},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Logs},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) {
			return containerProblem(pod, func(c podhealth.Container) (string, string) {
				switch {
				case !c.Init || c.Sidecar || outOfMemory(c):
					return "", ""
				case c.State.Phase == podhealth.Running && pods.At.Sub(c.State.Since) > startGrace:
					return fmt.Sprintf("has been running for %s and has not completed", ago(pods.At, c.State.Since)),
						"the pod's other containers start only after it; its log says what it does or waits for"
				}
				return crashed(c)
			})
		})
		return withLog(p, s, podFinding(s, pods, found), found), nil
	},
}
