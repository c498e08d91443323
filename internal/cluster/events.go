package cluster

import (
	"cmp"
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// maxEvents is the number of events kept of one object.
const maxEvents = 20

// Events returns the warnings about the objects, whose Refs have the kind as the API writes it, such as "Pod". The evidence names a
// command for each object.
func Events(ctx context.Context, c *kube.Clients, refs []check.Ref) (podhealth.Events, []check.Evidence, error) {
	all := podhealth.Events{}
	var seen []check.Evidence
	for _, r := range refs {
		selector := fields.Set{
			"involvedObject.kind": r.Kind,
			"involvedObject.name": r.Name,
			"type":                corev1.EventTypeWarning,
		}.AsSelector().String()
		list, err := c.CoreV1().Events(r.Namespace).List(ctx, metav1.ListOptions{FieldSelector: selector, Limit: 500})
		if err != nil {
			return nil, seen, err
		}
		seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "events", "-n", r.Namespace, "--field-selector", selector)})
		key := strings.ToLower(r.Kind) + "/" + r.Name
		for _, event := range list.Items {
			last := cmp.Or(event.LastTimestamp.Time, event.EventTime.Time, event.FirstTimestamp.Time)
			if event.Series != nil {
				last = event.Series.LastObservedTime.Time
			}
			all[key] = append(all[key], podhealth.Event{Reason: event.Reason, Message: redact.Message(event.Message), Last: last.UTC()})
		}
		slices.SortStableFunc(all[key], func(a, b podhealth.Event) int { return a.Last.Compare(b.Last) })
		all[key] = all[key][max(0, len(all[key])-maxEvents):]
	}
	return all, seen, nil
}
