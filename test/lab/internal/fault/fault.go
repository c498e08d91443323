// Package fault holds what can be broken on purpose in a running lab. Each fault is real: a process ended, a rule in a
// node's firewall, an object changed, packets lost on the way.
package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing to break.
type Fault struct {
	Name   string
	Doc    string
	Inject func(context.Context, Runner) error
	Clear  func(context.Context, Runner) error // also right where the fault was not injected
	// Breaks names what Clear alone does not bring back at once; Mend waits for it.
	Breaks Part
}

// All returns the faults in the order in which they are listed.
func All() []Fault {
	return slices.Concat(agentFaults(), pathFaults(), kubeletFaults(), controlPlaneFaults())
}

// Find returns the fault of that name, or an error with all names.
func Find(name string) (Fault, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Fault{}, fmt.Errorf("no fault is called %q; there are: %s", name, strings.Join(names, ", "))
}

// Mend clears the faults and returns when what they break works again.
func Mend(ctx context.Context, kubectl Runner, faults []Fault) error {
	var errs []error
	var parts []Part
	for _, f := range faults {
		if err := f.Clear(ctx, kubectl); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, err))
		}
		if f.Breaks != Nothing && !slices.Contains(parts, f.Breaks) {
			parts = append(parts, f.Breaks)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, p := range parts {
		errs = append(errs, p.works(ctx, kubectl))
	}
	return errors.Join(errs...)
}
