package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ImagesArePulled finds containers that wait for their image.
var ImagesArePulled = &check.Check{
	Code: "INS0104",
	Name: "images-are-pulled",
	Hop:  hopPod,
	Doc: `the pods' images are pulled

A wrong name or tag, a missing pull secret or an unreachable registry keeps a container waiting.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cannot-pull-image-from-acr-to-aks-cluster"},
	After:   []*check.Check{PodsAreScheduled, NodesAreReady},
	Needs:   []check.Need{facts.Service, facts.Pods},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, unpulled)
		fs := podFinding(s, pods, found)
		if len(found) > 0 {
			name := found[0].pod.Name
			fs[0].Fixes = []check.Fix{fix("correct the image, or allow the node to pull it",
				cmdline.Kubectl("describe", "pod", name, "-n", s.Namespace),
			)}
		}
		return fs, nil
	},
}

func unpulled(p podhealth.Pod) (podProblem, bool) {
	return containerProblem(p, func(c podhealth.Container) (string, string) {
		if c.State.Phase != podhealth.Waiting || !podhealth.PullFailed(c.State.Reason) {
			return "", ""
		}
		return "waits for image " + c.Image + ": " + c.State.Reason, or(c.State.Message, "the kubelet gives no message")
	})
}
