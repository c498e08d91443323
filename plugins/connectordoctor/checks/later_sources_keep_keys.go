package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// LaterSourcesKeepKeys finds ConfigMaps that replace values of the connection's Secret in a container.
var LaterSourcesKeepKeys = &check.Check{
	Code: "CON0408",
	Name: "later-sources-keep-keys",
	Hop:  hopConsumers,
	Doc: `no ConfigMap later in envFrom has a key of the Secret

Where several sources of envFrom have a key, the value of the last one counts, even if it is empty; a variable of env counts before all of
them. Other Secrets are not read.`,
	Sources: []string{"https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#container-v1-core"},
	Needs:   provided(facts.Consumers, facts.Secret, facts.LaterConfigs),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		later := slices.ContainsFunc(list, func(c facts.Consumer) bool {
			return slices.ContainsFunc(c.Template.Of(s.Secret), func(use facts.Use) bool { return len(use.Later) > 0 })
		})
		if !later {
			return nil, nil
		}
		secret, err := facts.Secret.Get(p)
		if err != nil {
			return nil, err
		}
		configs, err := facts.LaterConfigs.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			for _, use := range c.Template.Of(s.Secret) {
				for _, later := range use.Later {
					config := configs[later.Name]
					var replaced, empty []string
					for _, key := range config.Keys {
						name := later.Prefix + key
						own := slices.ContainsFunc(secret.Keys, func(own string) bool { return use.Prefix+own == name })
						if !own || slices.Contains(use.Set, name) {
							continue
						}
						replaced = append(replaced, name)
						if slices.Contains(config.Empty, key) {
							empty = append(empty, name)
						}
					}
					if len(replaced) > 0 {
						found = append(found, override(s, c.Ref, use.Container, later.Name, replaced, empty))
					}
				}
			}
		}
		return found, nil
	},
}

// override is the finding that the ConfigMap sets the variables, some of which to nothing.
func override(s subject, workload check.Ref, container, config string, replaced, empty []string) check.Finding {
	f := check.Finding{
		Severity: check.Warning, Target: workload, Also: []check.Ref{{Kind: "configmap", Namespace: s.Namespace, Name: config}},
		Summary: fmt.Sprintf("container %s of %s gets %s from ConfigMap %s and not from Secret %s", container, workload, names(replaced), config,
			s.Secret),
		Cause: "both are in envFrom, and the ConfigMap stands after the Secret: the last one with a key counts",
		Fixes: []check.Fix{fix("put the Secret after the ConfigMap, or remove the key from the ConfigMap",
			cmdline.Kubectl("edit", workload.String(), "-n", workload.Namespace),
			cmdline.Kubectl("edit", "configmap", config, "-n", s.Namespace))},
	}
	if len(empty) > 0 {
		f.Severity = check.Error
		f.Summary = fmt.Sprintf("container %s of %s gets an empty %s from ConfigMap %s and not the value of Secret %s", container, workload,
			names(empty), config, s.Secret)
	}
	return f
}
