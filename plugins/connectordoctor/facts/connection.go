package facts

import (
	"context"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
)

// ConnectionInfo is what the name of a connection implies. Service Connector keeps the connection itself in Azure.
type ConnectionInfo struct {
	// Name is that of the connection as the user gave it, or as far as the name of its Secret tells; empty: the target is the cluster.
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
	// Secret is the Secret that Service Connector writes for it, Provider the SecretProviderClass of older versions.
	Secret   string `json:"secret,omitempty"`
	Provider string `json:"provider,omitempty"`
	Named    bool   `json:"named,omitempty"` // the user named it
	// Searched is where connections were looked for and none was found: a namespace, or * for all; empty: there is one.
	Searched string `json:"searched,omitempty"`
	// Others are other names that the user gave for which Service Connector writes the same Secret.
	Others []string `json:"others,omitempty"`
}

// Connection is what the name of the target implies.
var Connection = &Fact[ConnectionInfo]{
	Name: "connection",
	Gather: func(_ context.Context, e *Env) (ConnectionInfo, []check.Evidence, error) {
		if e.Target.Kind != ConnectionKind {
			return ConnectionInfo{Searched: e.Searched}, nil, nil
		}
		info := ConnectionInfo{
			Name: e.Target.Name, Namespace: e.Target.Namespace,
			Secret: SecretName(e.Target.Name), Provider: ProviderName(e.Target.Name), Named: e.Named,
		}
		for _, other := range e.Given {
			if other != info.Name && SecretName(other) == info.Secret {
				info.Others = append(info.Others, other)
			}
		}
		return info, nil, nil
	},
}

// AllNamespaces is the value of Searched for all namespaces.
const AllNamespaces = "*"

// ConnectionKind is the kind of targets that are connections.
const ConnectionKind = "connection"

const (
	objectPrefix   = "sc-"
	secretSuffix   = "-secret"
	providerSuffix = "-secretprovider"
	accountPrefix  = "sc-account-"
)

// SecretName returns the name of the Secret that Service Connector writes for the connection: that of the connection without all but
// letters and digits, in lower case, as names of Secrets are
// (https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/serviceconnector/_utils.py,
// get_aks_resource_secret_name).
func SecretName(connection string) string { return objectPrefix + essence(connection) + secretSuffix }

// ProviderName returns the name of the SecretProviderClass that older versions of Service Connector create for the connection.
func ProviderName(connection string) string {
	return objectPrefix + essence(connection) + providerSuffix
}

// essence returns the letters and digits of a name, in lower case.
func essence(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}

// ConnectionOf returns the name of the connection of the Secret, as far as it tells: what is no letter or digit is missing in it. ok is
// false if the Secret is not called as those of Service Connector.
func ConnectionOf(secret string) (name string, ok bool) { return between(secret, secretSuffix) }

// ConnectionOfProvider is ConnectionOf for a SecretProviderClass.
func ConnectionOfProvider(class string) (name string, ok bool) { return between(class, providerSuffix) }

func between(name, suffix string) (string, bool) {
	inner, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return "", false
	}
	inner, ok = strings.CutPrefix(inner, objectPrefix)
	return inner, ok && inner != "" && essence(inner) == inner
}

// ValidConnection reports whether a connection can have the name: Azure allows letters, digits, ".", "_" and "-".
func ValidConnection(name string) bool {
	return essence(name) != "" && len(name) <= 128 && !slices.ContainsFunc([]rune(name), func(r rune) bool {
		return essence(string(r)) == "" && !strings.ContainsRune("._-", r)
	})
}

// ByConnector reports whether the ServiceAccount is called as those that Service Connector creates for an identity.
func ByConnector(serviceAccount string) bool { return strings.HasPrefix(serviceAccount, accountPrefix) }

// ClientOf returns the client ID that the name of such a ServiceAccount holds; empty if it holds none.
func ClientOf(serviceAccount string) string {
	id, _ := strings.CutPrefix(serviceAccount, accountPrefix)
	if id == serviceAccount || !IsGUID(id) {
		return ""
	}
	return strings.ToLower(id)
}

// IsGUID reports whether the text is a GUID, such as a client ID.
func IsGUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, r := range text {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (r == '-') || !hyphen && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}
