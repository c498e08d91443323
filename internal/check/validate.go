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

// Validate returns what is wrong with the checks as values: codes and names not unique or not of their form, no Doc, Hop
// or Run, a check before one that it comes after, hops that are not in one piece.
func Validate(checks []*Check) error {
	var errs []error
	seen := map[any]bool{}
	last := ""
	for _, c := range checks {
		complain := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("check %s: "+format, append([]any{c.Code}, args...)...))
		}
		if !codes.MatchString(c.Code) || seen[c.Code] {
			complain("the code is of no form or not unique")
		}
		if !names.MatchString(c.Name) || seen[c.Name] {
			complain("the name %q is not kebab-case or not unique", c.Name)
		}
		if c.Proposition() == "" || c.Hop == "" || c.Run == nil {
			complain("Doc, Hop and Run are needed")
		}
		if c.Hop != last && seen["hop "+c.Hop] {
			complain("hop %q is not in one piece", c.Hop)
		}
		for _, before := range c.After {
			if !seen[before] {
				complain("it stands before %s, which it comes after", before.Code)
			}
		}
		seen[c], seen[c.Code], seen[c.Name], seen["hop "+c.Hop] = true, true, true, true
		last = c.Hop
	}
	return errors.Join(errs...)
}
