package facts

import (
	"context"
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// ConfigKeys are the keys of a ConfigMap without its values.
type ConfigKeys struct {
	Keys  []string `json:"keys,omitempty"`  // sorted
	Empty []string `json:"empty,omitempty"` // those of Keys whose value is empty
}

// maxConfigs bounds how many ConfigMaps are read for a connection.
const maxConfigs = 20

// ConfigRules are the rules to read ConfigMaps. They are of a Role: the base role reads none in all namespaces.
func ConfigRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{fact.Rule("", "configmaps", "get")}
}

// LaterConfigs are the ConfigMaps, by name, that stand after the connection's Secret in the envFrom of a container. They are read where the
// Secret has keys.
var LaterConfigs = &Fact[map[string]ConfigKeys]{
	Name:  "later-config-maps",
	Needs: []check.Need{Connection, Secret, Consumers},
	Gather: func(ctx context.Context, e *Env) (map[string]ConfigKeys, []check.Evidence, error) {
		all := map[string]ConfigKeys{}
		c, err := Connection.From(ctx, e)
		if err != nil || c.Secret == "" {
			return all, nil, err
		}
		consumers, err := Consumers.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		if s, err := Secret.From(ctx, e); err != nil || len(s.Keys) == 0 {
			return all, nil, err
		}
		names := map[string]bool{}
		for _, w := range consumers.Items {
			for _, use := range w.Template.Of(c.Secret) {
				for _, later := range use.Later {
					names[later.Name] = true
				}
			}
		}
		var seen []check.Evidence
		sorted := slices.Sorted(maps.Keys(names))
		if len(sorted) > maxConfigs {
			return all, nil, fmt.Errorf("%d ConfigMaps stand after the Secret in envFrom; at most %d are read", len(sorted), maxConfigs)
		}
		for _, name := range sorted {
			seen = append(seen, check.Evidence{Source: cmdline.Kubectl("describe", "configmap", name, "-n", e.Target.Namespace)})
			all[name], err = configKeys(ctx, e, name)
			if err != nil {
				return all, seen, err
			}
		}
		return all, seen, nil
	},
}

// configKeys returns the keys of the ConfigMap; none if it does not exist. Binary data become no variables.
func configKeys(ctx context.Context, e *Env, name string) (k ConfigKeys, _ error) {
	m, err := e.Clients.CoreV1().ConfigMaps(e.Target.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	for _, key := range slices.Sorted(maps.Keys(m.Data)) {
		k.Keys = append(k.Keys, redact.Line(key))
		if m.Data[key] == "" {
			k.Empty = append(k.Empty, redact.Line(key))
		}
	}
	return k, nil
}
