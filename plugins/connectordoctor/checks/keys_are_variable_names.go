package checks

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// KeysAreVariableNames finds keys that envFrom leaves out.
var KeysAreVariableNames = &check.Check{
	Code: "CON0403",
	Name: "keys-are-variable-names",
	Hop:  hopConsumers,
	Doc: `the keys of the Secret can be names of environment variables

With envFrom, keys that cannot, such as those that begin with a digit, are left out without an error. Names with dots, as for Spring Boot,
are allowed; shells do not show them.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/"},
	After:   []*check.Check{SecretHasKeys},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, info, ok, err := usersOfSecret(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			for _, use := range c.Template.Of(s.Secret) {
				var bad []string
				for _, key := range info.Keys {
					if use.How == facts.EnvFrom && len(validation.IsEnvVarName(use.Prefix+key)) > 0 {
						bad = append(bad, key)
					}
				}
				if len(bad) > 0 {
					found = append(found, check.Finding{
						Severity: check.Warning, Target: c.Ref,
						Summary: fmt.Sprintf("%s gets no variable for %s of Secret %s", c.Ref, names(bad), s.Secret),
						Cause:   "envFrom leaves out keys that cannot be names of variables; kubelets of Kubernetes 1.34 and newer accept more of them",
						Fixes: []check.Fix{fix("name the variables with env and secretKeyRef, or customize the keys of the connection",
							cmdline.Kubectl("edit", c.Ref.String(), "-n", c.Ref.Namespace))},
					})
				}
			}
		}
		return found, nil
	},
}
