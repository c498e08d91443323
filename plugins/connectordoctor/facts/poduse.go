package facts

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/redact"
)

// UseLabel is the label of pods into which the webhook of workload identity injects a token
// (https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html).
const UseLabel = "azure.workload.identity/use"

// PodUse is what the specification of a pod says about Secrets and identity. It holds no values but client IDs.
type PodUse struct {
	ServiceAccount string `json:"serviceAccount"`
	Label          string `json:"label,omitempty"` // the value of UseLabel
	Uses           []Use  `json:"uses,omitempty"`
	// Files are those that containers need of volumes which are one Secret.
	Files []MountedFile `json:"files,omitempty"`
	// Audiences are those of its projected tokens but the API server's.
	Audiences  []string            `json:"audiences,omitempty"`
	Containers []ContainerIdentity `json:"containers,omitempty"`
	// Proxied reports that connections go through a proxy: a variable names one, or the sidecar of a service mesh takes them.
	Proxied bool `json:"proxied,omitempty"`
	// Pinned are the names of Azure in its hostAliases, with their addresses.
	Pinned map[string]string `json:"pinned,omitempty"`
	// Skipped are the containers into which the webhook is to inject nothing.
	Skipped []string `json:"skipped,omitempty"`
}

// ContainerIdentity is what a container has of an identity.
type ContainerIdentity struct {
	Name string `json:"name"`
	Init bool   `json:"init,omitempty"`
	// Client is the value of AZURE_CLIENT_ID, in lower case, if it is a GUID.
	Client string `json:"client,omitempty"`
	// Env are the variables of workload identity that it has, of those that the webhook injects.
	Env []string `json:"env,omitempty"`
	// Token reports whether it mounts a token that Entra ID accepts.
	Token bool `json:"token,omitempty"`
	// Undefined are the variables to which its own refer by $(NAME) and that it does not define.
	Undefined []string `json:"undefined,omitempty"`
	// OwnToken is the value of AZURE_FEDERATED_TOKEN_FILE, if it is the token for the API server.
	OwnToken string `json:"ownToken,omitempty"`
	// Unmounted reports whether no volume is mounted at the path in AZURE_FEDERATED_TOKEN_FILE; in templates, the webhook may add it.
	Unmounted bool `json:"unmounted,omitempty"`
	// Chain is the value of AZURE_TOKEN_CREDENTIALS, if it is one of its kind, and Password the variable by which it has a secret or a
	// certificate of a service principal to sign in with; of a variable from elsewhere, the value is not known.
	Chain    string `json:"chain,omitempty"`
	Password string `json:"password,omitempty"`
	// Literal are the variables that its command names as $NAME and that nothing replaces, as the command is no shell.
	Literal []string `json:"literal,omitempty"`
}

// The variables that the webhook injects; TokenProxy is that of identity bindings, which need no federated credential
// (https://learn.microsoft.com/azure/aks/identity-bindings-concepts).
const (
	ClientIDVariable  = "AZURE_CLIENT_ID"
	TenantIDVariable  = "AZURE_TENANT_ID"
	TokenFileVariable = "AZURE_FEDERATED_TOKEN_FILE" //nolint:gosec // a name
	TokenProxy        = "AZURE_KUBERNETES_TOKEN_PROXY"
	// ChainVariable says which credentials DefaultAzureCredential tries
	// (https://learn.microsoft.com/dotnet/azure/sdk/authentication/credential-chains).
	ChainVariable = "AZURE_TOKEN_CREDENTIALS" //nolint:gosec // a name
)

var chainWord = regexp.MustCompile(`(?i)^(dev|prod|[a-z]{3,30}Credential)$`)

// apiTokenDirectory is where pods have the token of their ServiceAccount for the API server, below /var or, where that is a link, not
// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
const apiTokenDirectory = "/run/secrets/kubernetes.io/serviceaccount/"

// ExchangeAudience is the audience of tokens that Entra ID accepts; those of other clouds begin with it.
const ExchangeAudience = "api://AzureADTokenExchange"

// bindingAudience is that of identity bindings.
const bindingAudience = "api://AKSIdentityBinding"

// ToEntra reports whether the audience is one for which a token for Entra ID is exchanged, through identity bindings or not.
func ToEntra(audience string) bool {
	return strings.HasPrefix(audience, ExchangeAudience) || audience == bindingAudience
}

// Bound reports whether the pod gets its tokens through identity bindings.
func (u PodUse) Bound() bool {
	return slices.Contains(u.Audiences, bindingAudience) || slices.ContainsFunc(u.Containers, func(c ContainerIdentity) bool {
		return slices.Contains(c.Env, TokenProxy)
	})
}

// Of returns the uses of the Secret or, by CSI, of the classes.
func (u PodUse) Of(secret string, classes ...string) []Use {
	return slices.DeleteFunc(slices.Clone(u.Uses), func(use Use) bool {
		if use.How == CSI {
			return !slices.Contains(classes, use.Object)
		}
		return use.Object != secret
	})
}

// podUseOf returns what the pod or template with the labels and annotations uses.
func podUseOf(labels, annotations map[string]string, spec *corev1.PodSpec) PodUse {
	u := PodUse{ServiceAccount: spec.ServiceAccountName, Label: redact.Line(labels[UseLabel])}
	if u.ServiceAccount == "" {
		u.ServiceAccount = "default"
	}
	for name := range strings.SplitSeq(annotations["azure.workload.identity/skip-containers"], ";") {
		if name = strings.TrimSpace(name); name != "" {
			u.Skipped = append(u.Skipped, redact.Line(name))
		}
	}
	tokens := map[string]bool{}
	for i := range spec.Volumes {
		u.volume(&spec.Volumes[i], tokens)
	}
	for i := range spec.InitContainers {
		u.container(&spec.InitContainers[i], true, tokens)
	}
	for i := range spec.Containers {
		u.container(&spec.Containers[i], false, tokens)
	}
	u.pinned(spec.HostAliases)
	u.files(spec)
	u.mounts(spec)
	return u
}

// azureSuffixes are the ends of names of Azure's public services, in all its clouds, and of Entra ID.
var azureSuffixes = []string{
	".windows.net", ".azure.com", ".azure.net", ".azurewebsites.net", ".microsoftonline.com", ".microsoftonline.us", ".azure.us", ".azure.cn",
	".usgovcloudapi.net", ".chinacloudapi.cn",
}

// pinned adds the names of Azure among the aliases.
func (u *PodUse) pinned(aliases []corev1.HostAlias) {
	for _, a := range aliases {
		for _, name := range a.Hostnames {
			name = strings.ToLower(name)
			if !slices.ContainsFunc(azureSuffixes, func(end string) bool { return strings.HasSuffix(name, end) }) {
				continue
			}
			if u.Pinned == nil {
				u.Pinned = map[string]string{}
			}
			u.Pinned[redact.Line(name)] = redact.Line(a.IP)
		}
	}
}

// volume adds what the volume uses, and its name to tokens if it holds a token for Entra ID.
func (u *PodUse) volume(v *corev1.Volume, tokens map[string]bool) {
	secret := func(name string, items []corev1.KeyToPath, optional *bool, mode *int32) {
		use := Use{How: Volume, Object: name, Name: v.Name, Optional: ptr.Deref(optional, false), Mode: closed(mode)}
		if len(items) == 0 {
			u.Uses = append(u.Uses, use)
		}
		for _, item := range items {
			use.Key, use.Path = item.Key, redact.Line(item.Path)
			if item.Mode != nil {
				use.Mode = closed(item.Mode)
			}
			u.Uses = append(u.Uses, use)
		}
	}
	switch {
	case v.Secret != nil:
		secret(v.Secret.SecretName, v.Secret.Items, v.Secret.Optional, v.Secret.DefaultMode)
	case v.CSI != nil && v.CSI.Driver == csiDriver:
		u.Uses = append(u.Uses, Use{
			How: CSI, Object: redact.Line(v.CSI.VolumeAttributes["secretProviderClass"]), Name: v.Name, SignsIn: v.CSI.NodePublishSecretRef != nil,
		})
	case v.Projected != nil:
		for _, s := range v.Projected.Sources {
			if s.Secret != nil {
				secret(s.Secret.Name, s.Secret.Items, s.Secret.Optional, v.Projected.DefaultMode)
			}
			if t := s.ServiceAccountToken; t != nil && t.Audience != "" {
				u.Audiences = append(u.Audiences, redact.Line(t.Audience))
				tokens[v.Name] = tokens[v.Name] || ToEntra(t.Audience)
			}
		}
	}
}

// container adds what the container uses.
func (u *PodUse) container(c *corev1.Container, init bool, tokens map[string]bool) {
	for i, from := range c.EnvFrom {
		if s := from.SecretRef; s != nil {
			u.Uses = append(u.Uses, Use{
				How: EnvFrom, Object: s.Name, Container: c.Name, Prefix: redact.Line(from.Prefix), Optional: ptr.Deref(s.Optional, false), Copied: true,
				Shell: shell(c),
			})
			use := &u.Uses[len(u.Uses)-1]
			if use.Later = configMaps(c.EnvFrom[i+1:], s.Name); len(use.Later) > 0 {
				for _, e := range c.Env {
					use.Set = append(use.Set, redact.Line(e.Name))
				}
			}
		}
	}
	u.Proxied = u.Proxied || proxied(c)
	identity := ContainerIdentity{Name: c.Name, Init: init, Undefined: undefined(c), Literal: literal(c)}
	for i, e := range c.Env {
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			s := e.ValueFrom.SecretKeyRef
			u.Uses = append(u.Uses, Use{
				How: EnvVar, Object: s.Name, Container: c.Name, Key: s.Key, Name: e.Name, Optional: ptr.Deref(s.Optional, false), Copied: true,
				Before: referring(c, i), Shell: shell(c),
			})
		}
		switch e.Name {
		case ClientIDVariable:
			if IsGUID(e.Value) {
				identity.Client = strings.ToLower(e.Value)
			}
			identity.Env = append(identity.Env, e.Name)
		case ChainVariable:
			if chainWord.MatchString(e.Value) {
				identity.Chain = e.Value
			}
		case "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH":
			if e.Value != "" || e.ValueFrom != nil {
				identity.Password = e.Name
			}
		case TenantIDVariable, TokenFileVariable, TokenProxy:
			identity.Env = append(identity.Env, e.Name)
			if e.Name == TokenFileVariable && strings.HasPrefix(strings.TrimPrefix(e.Value, "/var"), apiTokenDirectory) {
				identity.OwnToken = redact.Line(e.Value)
			} else if e.Name == TokenFileVariable && unmounted(c, e.Value) {
				identity.Unmounted = true
			}
		}
	}
	for _, m := range c.VolumeMounts {
		identity.Token = identity.Token || tokens[m.Name]
		if m.SubPath != "" || m.SubPathExpr != "" {
			for i := range u.Uses {
				if u.Uses[i].Name == m.Name && u.Uses[i].Container == "" {
					u.Uses[i].Copied = true // https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
				}
			}
		}
	}
	u.Containers = append(u.Containers, identity)
}
