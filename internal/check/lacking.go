package check

import (
	"fmt"
	"slices"
	"strings"
)

// Lacking is an error about permissions that the user lacks.
type Lacking interface {
	error
	// Lacks returns them, each as the arguments of `kubectl auth can-i`.
	Lacks() []string
}

// Lacks returns the permissions that the errors in err's tree are about, sorted, or nil.
func Lacks(err error) []string {
	var all []string
	if l, ok := err.(Lacking); ok { //nolint:errorlint // the tree is walked
		all = append(all, l.Lacks()...)
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		all = append(all, Lacks(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			all = append(all, Lacks(one)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// alsoLacked returns what the user lacks besides what the result r says, to be added to its error; empty if that is all. The permissions
// that the last check lacks come first: later checks try what the user wants to do.
func alsoLacked(r *Result, results []Result) string {
	said := map[string]bool{}
	for _, right := range r.Missing {
		said[right] = true
	}
	var others []string
	for _, other := range slices.Backward(results) {
		for _, right := range other.Missing {
			if !said[right] {
				said[right] = true
				others = append(others, right)
			}
		}
	}
	text := "; this user lacks the permissions "
	if len(r.Missing) > 0 {
		text = "; this user also lacks the permissions "
	}
	const most = 5
	switch n := len(others); {
	case n == 0:
		return ""
	case n > most:
		return fmt.Sprintf("%s%s and %d more", text, strings.Join(others[:most], ", "), n-most)
	}
	return text + strings.Join(others, ", ")
}
