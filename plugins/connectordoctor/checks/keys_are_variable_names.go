package checks

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// KeysAreVariableNames finds keys that envFrom leaves out.
var KeysAreVariableNames = &check.Check{
	Code: "CON0403",
	Name: "keys-are-variable-names",
	Hop:  hopConsumers,
	Doc: `the keys of the Secret can be names of environment variables

With envFrom, keys that cannot, such as those that begin with a digit, are left out without an error. Names with dots, as for Spring Boot,
and with hyphens are allowed, but sh of many images drops them: a program that it starts does not get them.`,
	Sources: []string{
		"https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/",
		"https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html",
	},
	After: []*check.Check{SecretHasKeys},
	Needs: provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, info, ok, err := usersOfSecret(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			for _, use := range c.Template.Of(s.Secret) {
				var bad, dropped []string
				for _, name := range variables(use, info.Keys) {
					if use.How == facts.EnvFrom && len(validation.IsEnvVarName(name)) > 0 {
						bad = append(bad, strings.TrimPrefix(name, use.Prefix))
					} else if use.Shell && len(validation.IsCIdentifier(name)) > 0 {
						dropped = append(dropped, name)
					}
				}
				if len(dropped) > 0 {
					found = append(found, check.Finding{
						Severity: check.Warning, Target: c.Ref,
						Summary: fmt.Sprintf("container %s of %s starts its program with sh, which may drop %s of Secret %s", use.Container, c.Ref,
							names(dropped), s.Secret),
						Cause: "sh of Debian, Ubuntu and Alpine passes on only names of letters, digits and underscores; bash passes on all",
						Fixes: []check.Fix{editing("name the variable so with env and secretKeyRef, or customize the keys of the connection", c.Ref)},
					})
				}
				if len(bad) > 0 {
					found = append(found, check.Finding{
						Severity: check.Warning, Target: c.Ref,
						Summary: fmt.Sprintf("%s gets no variable for %s of Secret %s", c.Ref, names(bad), s.Secret),
						Cause:   "envFrom leaves out keys that cannot be names of variables; kubelets of Kubernetes 1.34 and newer accept more of them",
						Fixes:   []check.Fix{editing("name the variables with env and secretKeyRef, or customize the keys of the connection", c.Ref)},
					})
				}
			}
		}
		return found, nil
	},
}

// variables returns the names of the variables that the use makes of the Secret with the keys; none for a volume.
func variables(use facts.Use, keys []string) (names []string) {
	switch use.How {
	case facts.EnvVar:
		return []string{use.Name}
	case facts.EnvFrom:
		for _, key := range keys {
			names = append(names, use.Prefix+key)
		}
	}
	return names
}
