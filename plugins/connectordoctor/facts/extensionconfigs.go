package facts

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

const (
	configGroup    = "clusterconfig.azure.com"
	configResource = "extensionconfigs"
	// extensionType is that of Service Connector.
	extensionType = "microsoft.servicelinker.connection"
)

// ExtensionConfigList is what the agents wrote about the extension of Service Connector.
type ExtensionConfigList struct {
	// Served reports whether the cluster knows ExtensionConfigs: the agents create their definition when they start.
	Served bool              `json:"served"`
	Items  []ExtensionConfig `json:"items"`
}

// ExtensionConfig is one object of the agents. Its settings are not read: they may refer to secrets.
type ExtensionConfig struct {
	Name string `json:"name"`
	// Status and Message are the agents' own words; both are empty until extension-operator has acted.
	Status  string    `json:"status,omitempty"`
	Message string    `json:"message,omitempty"`
	Synced  string    `json:"synced,omitempty"` // isSyncedWithAzure: "true", "false" or empty
	Applied time.Time `json:"applied,omitzero"`
	Created time.Time `json:"created,omitzero"`
	// Deleted is when its deletion was asked for, and Finalizers are what it waits for; zero: it is not being deleted.
	Deleted    time.Time `json:"deleted,omitzero"`
	Finalizers []string  `json:"finalizers,omitempty"`
}

// Failed reports whether the agents report a failure. Their status is a sentence that begins with what became of it.
func (c ExtensionConfig) Failed() bool { return strings.HasPrefix(strings.ToLower(c.Status), "fail") }

// ExtensionConfigs are the ExtensionConfigs of kube-system that are about Service Connector. Their version is found by discovery.
var ExtensionConfigs = &Fact[ExtensionConfigList]{
	Name:     "extension-configs",
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule(configGroup, configResource, "list")}},
	Gather: func(ctx context.Context, e *Env) (ExtensionConfigList, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", configResource+"."+configGroup, "-n", metav1.NamespaceSystem)}}
		list, err := fact.Cached(e.Shared, configResource, func() (ExtensionConfigList, error) {
			return readExtensionConfigs(ctx, e)
		})
		return list, seen, err
	},
}

func readExtensionConfigs(ctx context.Context, e *Env) (ExtensionConfigList, error) {
	list := ExtensionConfigList{Items: []ExtensionConfig{}}
	var raw rawConfigs
	served, err := listCustom(ctx, e.Clients, configGroup, metav1.NamespaceSystem, configResource, &raw)
	if list.Served = served; err != nil || !served {
		return list, err
	}
	for _, item := range raw.Items {
		if !strings.EqualFold(item.Spec.ExtensionType, extensionType) && item.Metadata.Name != "sc-extension" {
			continue
		}
		config := ExtensionConfig{
			Name: item.Metadata.Name, Status: redact.Message(item.Status.Status), Message: redact.Message(item.Status.Message),
			Synced: synced(item.Status.Synced), Applied: timeOf(item.Status.Applied), Created: item.Metadata.Created.UTC(),
		}
		if at := item.Metadata.Deleted; at != nil {
			config.Deleted, config.Finalizers = at.UTC(), item.Metadata.Finalizers
		}
		list.Items = append(list.Items, config)
	}
	return list, nil
}

// rawConfigs is the part of the API's answer that is used.
type rawConfigs struct {
	Items []struct {
		Metadata rawMetadata `json:"metadata"`
		Spec     struct {
			ExtensionType string `json:"extensionType"`
		} `json:"spec"`
		Status struct {
			Status  string          `json:"status"`
			Message string          `json:"message"`
			Synced  json.RawMessage `json:"isSyncedWithAzure"`
			Applied string          `json:"configAppliedTime"`
		} `json:"status"`
	} `json:"items"`
}

// rawMetadata is the part of an object's metadata that is used.
type rawMetadata struct {
	Name       string       `json:"name"`
	Namespace  string       `json:"namespace"`
	Created    metav1.Time  `json:"creationTimestamp"`
	Deleted    *metav1.Time `json:"deletionTimestamp"`
	Finalizers []string     `json:"finalizers"`
}

// synced returns true or false, of whatever type the field is, or an empty string.
func synced(value json.RawMessage) string {
	text := strings.ToLower(strings.Trim(string(value), `"`))
	if text != "true" && text != "false" {
		return ""
	}
	return text
}

// timeOf returns the time; the zero time if it is in no known format.
func timeOf(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Second)
}

// listCustom reads the custom resources of a namespace, or of all if it is empty, in the group's preferred version into the struct. served
// is false if the API server does not serve them.
func listCustom(ctx context.Context, c *kube.Clients, group, namespace, resource string, into any) (served bool, err error) {
	version, err := preferredVersion(ctx, c, group)
	if version == "" || err != nil {
		return false, err
	}
	path := []string{"/apis", group, version, resource}
	if namespace != "" {
		path = []string{"/apis", group, version, "namespaces", namespace, resource}
	}
	content, err := c.CoreV1().RESTClient().Get().AbsPath(path...).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	return true, json.Unmarshal(content, into)
}

// preferredVersion returns the version of the API group that the API server prefers; empty if it does not serve the group.
func preferredVersion(ctx context.Context, c *kube.Clients, group string) (string, error) {
	content, err := c.CoreV1().RESTClient().Get().AbsPath("/apis", group).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var g metav1.APIGroup
	if err := json.Unmarshal(content, &g); err != nil {
		return "", err
	}
	return g.PreferredVersion.Version, nil
}
