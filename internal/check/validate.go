package check

import (
	"errors"
	"fmt"
	"regexp"
)

var (
	codes = regexp.MustCompile(`^[A-Z]{3}[0-9]{4}$`)
	names = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// Validate reports everything that is wrong with the checks as values; nil means that Run accepts them. Codes and names are
// unique and well formed, Doc, Hop and Run are set, each check is listed after those on which it depends, and the checks of a hop
// are listed together.
func Validate(checks []*Check) error {
	v := validation{checks: map[*Check]bool{}, codes: map[string]bool{}, names: map[string]bool{}, hops: map[string]bool{}}
	for _, c := range checks {
		v.checks[c] = false
	}
	for _, c := range checks {
		v.add(c)
	}
	return errors.Join(v.errs...)
}

// validation is the state of Validate: what the checks that it has been through have used.
type validation struct {
	checks             map[*Check]bool // all that are listed: true once it has been through
	codes, names, hops map[string]bool
	hop                string // of the check before
	errs               []error
}

func (v *validation) add(c *Check) {
	complain := func(format string, args ...any) {
		v.errs = append(v.errs, fmt.Errorf("check %s: %s", c.Code, fmt.Sprintf(format, args...)))
	}
	switch {
	case !codes.MatchString(c.Code):
		complain("the code %q has the wrong form", c.Code)
	case v.codes[c.Code]:
		complain("the code is used twice")
	}
	switch {
	case !names.MatchString(c.Name):
		complain("the name %q is not kebab-case", c.Name)
	case v.names[c.Name]:
		complain("the name %q is used twice", c.Name)
	}
	if c.Proposition() == "" {
		complain("no Doc")
	}
	if c.Hop == "" {
		complain("no Hop")
	}
	if c.Run == nil {
		complain("no Run")
	}
	if c.Hop != v.hop && v.hops[c.Hop] {
		complain("listed apart from the other checks of hop %q", c.Hop)
	}
	for _, before := range c.After {
		switch seen, listed := v.checks[before]; {
		case !listed:
			complain("depends on %s, which is not listed", before.Code)
		case !seen:
			complain("listed before %s, on which it depends", before.Code)
		}
	}
	v.checks[c], v.codes[c.Code], v.names[c.Name], v.hops[c.Hop] = true, true, true, true
	v.hop = c.Hop
}
