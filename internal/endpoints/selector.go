package endpoints

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Candidate is something that a selector may have been meant for: the pods of a workload, or a bare pod.
type Candidate struct {
	Ref    string            `json:"ref"`            // such as "deployment/web"
	Pods   int               `json:"pods,omitempty"` // number of pods
	Labels map[string]string `json:"labels"`         // of its pods
}

// Difference is one label because of which a candidate is not selected.
type Difference struct {
	Key  string
	Want string // the selector's value
	Have string // the pods' value; empty if Missing
	// Missing reports whether the pods do not have the label.
	Missing bool
}

func (d Difference) String() string {
	if d.Missing {
		return fmt.Sprintf("the selector has %s=%s, the pods have no label %s", d.Key, d.Want, d.Key)
	}
	return fmt.Sprintf("the selector has %s=%s, the pods have %s=%s", d.Key, d.Want, d.Key, d.Have)
}

// Differences returns the labels because of which the selector does not select labels, sorted by key; none if it does.
func Differences(selector, labels map[string]string) []Difference {
	var ds []Difference
	for _, key := range slices.Sorted(maps.Keys(selector)) {
		have, ok := labels[key]
		if !ok || have != selector[key] {
			ds = append(ds, Difference{Key: key, Want: selector[key], Have: have, Missing: !ok})
		}
	}
	return ds
}

// Correction returns the changes after which the selector selects the labels: the new value of each key, nil for a key to
// remove. A key that the labels lack is replaced by one with the same value. It reports false if the corrected selector may
// select other apps' pods too: if a key is removed without a replacement, and none of the remaining keys identifies an app or
// the removed key identified a single pod.
func Correction(selector, labels map[string]string) (map[string]*string, bool) {
	changes, identified, removed := map[string]*string{}, false, false
	for _, key := range slices.Sorted(maps.Keys(selector)) {
		value, ok := labels[key]
		if !ok {
			changes[key] = nil
			for _, other := range slices.Sorted(maps.Keys(labels)) {
				if labels[other] == selector[key] {
					key, value, ok = other, labels[other], true
					break
				}
			}
		}
		if !ok {
			if slices.Contains(podLabels, key) {
				return changes, false
			}
			removed = true
			continue
		}
		changes[key] = &value
		identified = identified || slices.Contains(identity, key)
	}
	return changes, identified || !removed
}

// identity are the keys whose value identifies an app
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/).
var identity = []string{"app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "k8s-app", "name"}

// podLabels are the labels that controllers set on each pod: pod templates do not have them
// (https://kubernetes.io/docs/reference/labels-annotations-taints/).
var podLabels = []string{
	"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-completion-index",
	"pod-template-hash", "controller-revision-hash",
}

// WithoutPodLabels returns the selector without labels that controllers set on each pod, so that it can be compared with a
// pod template.
func WithoutPodLabels(selector map[string]string) map[string]string {
	template := maps.Clone(selector)
	maps.DeleteFunc(template, func(key, _ string) bool { return slices.Contains(podLabels, key) })
	return template
}

// Nearest returns the candidates for which the selector was most likely meant, best first: those that have at least half of
// its labels, or nearly have them. service is the Service's name, which is often the name of its workload.
func Nearest(selector map[string]string, service string, candidates []Candidate) []Candidate {
	type scored struct {
		c     Candidate
		score float64
	}
	var near []scored
	for _, c := range candidates {
		score, weights := 0.0, 0.0
		for key, want := range selector {
			weight := 1.0
			if slices.Contains(identity, key) {
				weight = 2
			}
			score += weight * likeness(want, c.Labels, key)
			weights += weight
		}
		score /= max(weights, 1)
		if _, name, _ := strings.Cut(c.Ref, "/"); name == service {
			score += 0.5
		}
		if score >= 0.5 {
			near = append(near, scored{c, score})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int {
		if a.score != b.score {
			if a.score > b.score {
				return -1
			}
			return 1
		}
		if a.c.Pods != b.c.Pods {
			return b.c.Pods - a.c.Pods
		}
		return strings.Compare(a.c.Ref, b.c.Ref)
	})
	best := make([]Candidate, len(near))
	for i, n := range near {
		best[i] = n.c
	}
	return best
}

// likeness returns 1 if labels have key=want, between 0 and 1 if the value is similar or stands under another key, else 0.
func likeness(want string, labels map[string]string, key string) float64 {
	have, ok := labels[key]
	if ok && have == want {
		return 1
	}
	best := 0.0
	if ok {
		best = similar(want, have)
	}
	for _, other := range labels {
		if other == want && want != "" {
			best = max(best, 0.75) // the value under another key
		}
	}
	return best
}

// similar returns 1 minus the edit distance relative to the longer text; 0 if that is below one half.
func similar(a, b string) float64 {
	longer := max(len(a), len(b))
	if longer == 0 || longer > 63 { // the maximum length of a label's value
		return 0
	}
	s := 1 - float64(distance(a, b))/float64(longer)
	if strings.HasPrefix(a, b+"-") || strings.HasPrefix(b, a+"-") {
		s = max(s, 0.6)
	}
	if s < 0.5 {
		return 0
	}
	return s
}

// distance returns the number of single-byte edits from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
