package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// KeysExist finds references to keys that the Secret lacks.
var KeysExist = &check.Check{
	Code: "CON0402",
	Name: "keys-exist",
	Hop:  hopConsumers,
	Doc: `the Secret has the keys to which the pods refer

The names of the keys depend on the target, the authentication and the client type of the connection. A container with a reference to a
missing key does not start; if the reference is optional, it starts without the variable.`,
	Sources: []string{docSecrets, "https://learn.microsoft.com/azure/service-connector/how-to-integrate-storage-blob"},
	After:   []*check.Check{SecretHasKeys},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, info, ok, err := usersOfSecret(p)
		if !ok {
			return nil, err
		}
		has := map[string]bool{}
		for _, key := range info.Keys {
			has[key] = true
		}
		var found []check.Finding
		for _, c := range list {
			for _, use := range c.Template.Of(s.Secret) {
				if use.Key == "" || has[use.Key] {
					continue
				}
				f := check.Finding{
					Severity: check.Error, Target: c.Ref,
					Summary: fmt.Sprintf("%s refers to key %s, which Secret %s lacks", c.Ref, use.Key, s.Secret),
					Cause:   "the Secret has " + names(info.Keys) + "; the container cannot be created",
					Fixes: []check.Fix{fix("refer to a key that the Secret has",
						cmdline.Kubectl("describe", "secret", s.Secret, "-n", s.Namespace), cmdline.Kubectl("edit", c.Ref.String(), "-n", c.Ref.Namespace))},
				}
				if use.Optional {
					f.Severity = check.Warning
					f.Cause = "the Secret has " + names(info.Keys) + "; the reference is optional: the container starts without it"
				}
				found = append(found, f)
			}
		}
		return found, nil
	},
}
