package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PodsFollowTemplate finds pods of StatefulSets that were made from an old template and that nothing replaces.
var PodsFollowTemplate = &check.Check{
	Code: "INS0116",
	Name: "pods-follow-template",
	Hop:  hopPod,
	Doc: `pods of a StatefulSet that are not Ready are of its current template

With the pod management OrderedReady a StatefulSet waits until a pod is Ready before it replaces it, even where its template was
corrected since. Such a pod has to be deleted by hand. With the update strategy OnDelete, every pod has.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback"},
	After:   []*check.Check{PodsAreMade},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.OldRevisions},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok {
			return nil, err
		}
		ofSets := slices.ContainsFunc(podhealth.NotReady(pods.Items), func(pod podhealth.Pod) bool {
			return strings.HasPrefix(pod.Owner, "statefulset/")
		})
		if !ofSets {
			return nil, nil
		}
		old, err := facts.OldRevisions.Get(p)
		if err != nil || len(old) == 0 {
			return nil, err
		}
		byName := map[string]podhealth.Pod{}
		for _, pod := range pods.Items {
			byName[pod.Name] = pod
		}
		var found []podProblem
		for _, o := range old {
			cause := fmt.Sprintf(
				"StatefulSet %s waits until it is Ready before it replaces it (OrderedReady), although its template was changed since",
				o.StatefulSet,
			)
			if o.Manual {
				cause = fmt.Sprintf("StatefulSet %s replaces no pod by itself: its update strategy is OnDelete", o.StatefulSet)
			}
			found = append(
				found,
				podProblem{pod: byName[o.Pod], summary: "is not Ready and of an old revision of the template", cause: cause},
			)
		}
		return podFinding(s, pods, found, check.Fix{
			Title: "delete the pod: it is made again from the current template", Disruptive: true,
			Commands: []cmdline.Command{cmdline.Kubectl("delete", "pod", old[0].Pod, "-n", s.Namespace)},
		}), nil
	},
}
