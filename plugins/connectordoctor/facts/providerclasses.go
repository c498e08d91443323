package facts

import (
	"context"
	"path"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

const (
	csiGroup  = "secrets-store.csi.x-k8s.io"
	csiDriver = "secrets-store.csi.k8s.io"
)

// ProviderClass is a SecretProviderClass of the Azure provider, without the names of what it mounts
// (https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/).
type ProviderClass struct {
	Name  string `json:"name"`
	Vault string `json:"vault,omitempty"`
	// Tenant and Objects report whether tenantId and objects are set, BadObjects whether objects are no YAML.
	Tenant     bool `json:"tenant"`
	Objects    bool `json:"objects"`
	BadObjects bool `json:"badObjects,omitempty"`
	// Modes are the ways to sign in that are on: usePodIdentity, useVMManagedIdentity, useAzureTokenProxy (identity bindings), of which one
	// can be on, and clientID, for workload identity or identity bindings.
	Modes []string `json:"modes,omitempty"`
	// NotBoolean are the parameters that must be true or false and are not.
	NotBoolean []string `json:"notBoolean,omitempty"`
	Secrets    []string `json:"secrets,omitempty"` // that the driver writes from it
}

// ProviderClassList is the SecretProviderClasses of the connection's namespace for the Azure provider.
type ProviderClassList struct {
	Served bool            `json:"served"` // the API server knows SecretProviderClasses
	Items  []ProviderClass `json:"items"`
	// Own are the names of classes for the vault that Azure has as the connection's target. Others are those that may be the connection's,
	// where Azure does not tell and it has no Secret: users give such classes names of their own.
	Own    []string `json:"own,omitempty"`
	Others []string `json:"others,omitempty"`
}

// Get returns the class with the name.
func (l ProviderClassList) Get(name string) (ProviderClass, bool) {
	i := slices.IndexFunc(l.Items, func(c ProviderClass) bool { return c.Name == name })
	if i < 0 {
		return ProviderClass{}, false
	}
	return l.Items[i], true
}

// For returns the classes of the connection: that with its name, those from which the driver writes its Secret, and those for its vault.
func (l ProviderClassList) For(c ConnectionInfo) []ProviderClass {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p ProviderClass) bool {
		return p.Name != c.Provider && !slices.Contains(p.Secrets, c.Secret) && !slices.Contains(l.Own, p.Name)
	})
}

// unnamed returns the classes whose names and Secrets are not those of a connection.
func (l ProviderClassList) unnamed() []ProviderClass {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p ProviderClass) bool {
		_, named := ConnectionOfProvider(p.Name)
		return named || slices.ContainsFunc(p.Secrets, func(secret string) bool {
			_, named := ConnectionOf(secret)
			return named
		})
	})
}

// assign sets Own or Others. It asks Azure only if there are classes whose names do not tell.
func (l *ProviderClassList) assign(ctx context.Context, e *Env) {
	unnamed := l.unnamed()
	c, err := Connection.From(ctx, e)
	if err != nil || c.Secret == "" || len(unnamed) == 0 {
		return
	}
	if inAzure, err := AzureConnections.From(ctx, e); err == nil {
		here, _ := inAzure.Of(c)
		for _, p := range unnamed {
			if len(here) > 0 && here[0].CSI && p.Vault != "" && strings.EqualFold(p.Vault, path.Base(here[0].Target)) {
				l.Own = append(l.Own, p.Name)
			}
		}
		if len(here) > 0 {
			return
		}
	}
	if secret, err := Secret.From(ctx, e); err != nil || secret.Exists || !c.Named || len(l.For(c)) > 0 {
		return
	}
	for _, p := range unnamed {
		l.Others = append(l.Others, p.Name)
	}
}

// ProviderClasses are the SecretProviderClasses of the connection's namespace.
var ProviderClasses = &Fact[ProviderClassList]{
	Name:   "secret-provider-classes",
	Needs:  []check.Need{Connection, Secret, AzureConnections},
	Access: []rbacv1.PolicyRule{fact.Rule(csiGroup, "secretproviderclasses", "list")},
	Gather: func(ctx context.Context, e *Env) (ProviderClassList, []check.Evidence, error) {
		namespace := e.Target.Namespace
		if namespace == "" {
			return ProviderClassList{Items: []ProviderClass{}}, nil, nil
		}
		list, err := fact.Cached(e.Shared, "secret provider classes in "+namespace, func() (ProviderClassList, error) {
			return readProviderClasses(ctx, e, namespace)
		})
		if !list.Served {
			return list, nil, err
		}
		list.assign(ctx, e)
		return list, []check.Evidence{{Source: cmdline.Kubectl("get", "secretproviderclasses", "-n", namespace, "-o", "yaml")}}, err
	},
}

func readProviderClasses(ctx context.Context, e *Env, namespace string) (ProviderClassList, error) {
	list := ProviderClassList{Items: []ProviderClass{}}
	raw, err := readClasses(ctx, e.Clients, namespace)
	list.Served = raw != nil
	for _, item := range raw {
		list.Items = append(list.Items, providerClassOf(item))
	}
	return list, err
}

// readClasses returns the SecretProviderClasses for Azure of the namespace, or of all namespaces if it is empty; nil if the API server
// does not serve them.
func readClasses(ctx context.Context, c *kube.Clients, namespace string) ([]rawProviderClass, error) {
	var raw struct {
		Items []rawProviderClass `json:"items"`
	}
	served, err := listCustom(ctx, c, csiGroup, namespace, "secretproviderclasses", &raw)
	if err != nil || !served {
		return nil, err
	}
	return append([]rawProviderClass{}, slices.DeleteFunc(raw.Items, func(r rawProviderClass) bool {
		return !strings.EqualFold(r.Spec.Provider, "azure")
	})...), nil
}

// rawProviderClass is the part of the API's answer that is used.
type rawProviderClass struct {
	Metadata rawMetadata `json:"metadata"`
	Spec     struct {
		Provider   string            `json:"provider"`
		Parameters map[string]string `json:"parameters"`
		Secrets    []struct {
			Name string `json:"secretName"`
		} `json:"secretObjects"`
	} `json:"spec"`
}

func providerClassOf(raw rawProviderClass) ProviderClass {
	parameter := func(name string) string { return strings.TrimSpace(raw.Spec.Parameters[name]) }
	c := ProviderClass{
		Name: raw.Metadata.Name, Vault: redact.Line(parameter("keyvaultName")),
		Tenant: parameter("tenantId")+parameter("tenantID") != "", Objects: parameter("objects") != "",
	}
	var into map[string]any
	c.BadObjects = c.Objects && yaml.Unmarshal([]byte(parameter("objects")), &into) != nil
	for _, flag := range []string{"usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy"} {
		switch value := strings.ToLower(parameter(flag)); value {
		case "true":
			c.Modes = append(c.Modes, flag)
		case "false", "":
		default:
			c.NotBoolean = append(c.NotBoolean, flag)
		}
	}
	if parameter("clientID") != "" {
		c.Modes = append(c.Modes, "clientID")
	}
	for _, s := range raw.Spec.Secrets {
		c.Secrets = append(c.Secrets, redact.Line(s.Name))
	}
	return c
}
