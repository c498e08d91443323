// Package fault has the faults that can be injected into a running lab. Each is real: a killed process, a rule in a
// node's firewall, a changed object, lost packets.
package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is something to break.
type Fault struct {
	Name   string
	Doc    string
	Inject func(context.Context, Runner) error
	Clear  func(context.Context, Runner) error // harmless if the fault was not injected
	// Breaks is the part that takes a while to work again after Clear; Repair waits for it.
	Breaks Part
}

// All returns the faults, in the order of `lab fault list`.
func All() []Fault {
	return slices.Concat(agentFaults(), pathFaults(), kubeletFaults(), controlPlaneFaults())
}

// Find returns the fault of the name; the error lists all names.
func Find(name string) (Fault, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Fault{}, fmt.Errorf("unknown fault %q; the faults are: %s", name, strings.Join(names, ", "))
}

// Repair clears the faults and returns when what they broke works again.
func Repair(ctx context.Context, kubectl Runner, faults []Fault) error {
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
