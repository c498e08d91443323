package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ReferencesComeLater finds variables that refer to a value of the connection's Secret which comes after them.
var ReferencesComeLater = &check.Check{
	Code: "CON0407",
	Name: "references-come-later",
	Hop:  hopConsumers,
	Doc: `variables that refer to values of the Secret by $(NAME) stand after these in the list

Kubernetes expands $(NAME) only for variables that are defined earlier in the list, or by envFrom. Otherwise the program gets the text of
the reference itself.`,
	Sources: []string{docSecrets, "https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/"},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			for _, use := range s.uses(c.Template) {
				if len(use.Before) == 0 {
					continue
				}
				found = append(found, check.Finding{
					Severity: check.Error, Target: c.Ref,
					Summary: fmt.Sprintf("variable %s of container %s in %s refers to $(%s), which is defined later in the list", names(use.Before),
						use.Container, c.Ref, use.Name),
					Cause: fmt.Sprintf("the program gets the text $(%s) and not the value of key %s of Secret %s", use.Name, use.Key, s.Secret),
					Fixes: []check.Fix{editing("move "+use.Name+" before it", c.Ref)},
				})
			}
		}
		return found, nil
	},
}
