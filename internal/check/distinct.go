package check

import (
	"errors"
	"slices"
	"strings"
)

// Distinct returns the errors as one in one line, each once; nil if there is none.
func Distinct(errs []error) error {
	var texts []string
	for _, err := range errs {
		if err != nil && !slices.Contains(texts, err.Error()) {
			texts = append(texts, err.Error())
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}
