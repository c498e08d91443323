package endpoints

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Candidate is something that a selector may have meant: pods of a workload, or a pod of none.
type Candidate struct {
	Ref    string            `json:"ref"`            // such as "deployment/web"
	Pods   int               `json:"pods,omitempty"` // how many pods it has
	Labels map[string]string `json:"labels"`         // of its pods
}

// Difference is one label by which a candidate is not selected.
type Difference struct {
	Key  string
	Want string // what the selector asks for
	Have string // what the pods have; empty where Missing
	// Missing says that the pods have no such label.
	Missing bool
}

func (d Difference) String() string {
	if d.Missing {
		return fmt.Sprintf("the selector asks for %s=%s, the pods have no label %s", d.Key, d.Want, d.Key)
	}
	return fmt.Sprintf("the selector asks for %s=%s, the pods have %s=%s", d.Key, d.Want, d.Key, d.Have)
}

// Differences returns by which labels the selector does not select labels, in the order of the keys; none: it does.
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

// Correction returns the changes by which the selector selects the labels: values that keys are to have, nil for those that are to go.
// A key that the labels lack is replaced by one that has its value. It reports false where a key would go without a replacement and
// nothing that is left says which app is meant, or the key means one pod: others' pods may be selected too.
func Correction(selector, labels map[string]string) (map[string]*string, bool) {
	changes, identified, lost := map[string]*string{}, false, false
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
			if slices.Contains(ofOnePod, key) {
				return changes, false
			}
			lost = true
			continue
		}
		changes[key] = &value
		identified = identified || slices.Contains(identity, key)
	}
	return changes, identified || !lost
}

// identity are the keys whose value says which app it is
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/).
var identity = []string{"app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "k8s-app", "name"}

// ofOnePod are the labels that controllers give to each pod by itself: no template has them
// (https://kubernetes.io/docs/reference/labels-annotations-taints/).
var ofOnePod = []string{
	"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-completion-index",
	"pod-template-hash", "controller-revision-hash",
}

// OfTemplate returns the selector without what is not in a workload's template: labels that each pod gets by itself.
func OfTemplate(selector map[string]string) map[string]string {
	of := maps.Clone(selector)
	maps.DeleteFunc(of, func(key, _ string) bool { return slices.Contains(ofOnePod, key) })
	return of
}

// Nearest returns the candidates that the selector most likely means, best first: at least half of what it asks for is
// there or nearly there. service is the Service's name, which is often that of its workload.
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

// likeness is 1 where the label is there, between 0 and 1 where its value is nearly the wanted one or stands under another
// key, 0 otherwise.
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

// similar is 1 minus the edit distance relative to the longer text; below one half it is 0.
func similar(a, b string) float64 {
	longer := max(len(a), len(b))
	if longer == 0 || longer > 63 { // a label's value has at most 63 characters
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

// distance is the number of single-byte edits from a to b (Levenshtein).
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
