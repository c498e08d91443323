package facts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jsonstream"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// SecretInfo is the connection's Secret without its values.
type SecretInfo struct {
	Exists bool     `json:"exists"`
	Keys   []string `json:"keys,omitempty"` // sorted
	// Empty are the keys without a value, sorted. Writer is the field manager that has written the data last; empty: unknown.
	Empty  []string `json:"empty,omitempty"`
	Writer string   `json:"writer,omitempty"`
	// Changed is when its data were last written, as far as managedFields tell; zero: unknown.
	Changed time.Time `json:"changed,omitzero"`
	Created time.Time `json:"created,omitzero"`
	// Release is the Helm release that owns it, as "namespace/name"; empty: none does.
	Release  string `json:"release,omitempty"`
	Deleting bool   `json:"deleting,omitempty"`
}

// Identity reports whether the keys are those of a connection by workload identity: a client ID and nothing to prove it with. known is
// false if the keys tell nothing, such as those that the user chose
// (https://learn.microsoft.com/azure/service-connector/how-to-integrate-storage-blob).
func (s SecretInfo) Identity() (identity, known bool) {
	has := func(words ...string) bool {
		return slices.ContainsFunc(s.Keys, func(key string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(essence(key), w) })
		})
	}
	if has("clientid") {
		return !has("clientsecret", "password", "accesskey"), true
	}
	return false, has("connectionstring", "password", "accesskey", "clientsecret")
}

// Secret is the connection's Secret. Its values are dropped while it is decoded.
var Secret = &Fact[SecretInfo]{
	Name:  "secret",
	Needs: []check.Need{Connection},
	Gather: func(ctx context.Context, e *Env) (SecretInfo, []check.Evidence, error) {
		c, err := Connection.From(ctx, e)
		if err != nil || c.Secret == "" {
			return SecretInfo{}, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("describe", "secret", c.Secret, "-n", e.Target.Namespace)}}
		info, err := readSecret(ctx, e.Clients, e.Target.Namespace, c.Secret)
		return info, seen, err
	},
}

// SecretRules are the rules to read the Secrets with these names. RBAC cannot grant their keys alone: whoever is bound to it can read the
// values.
func SecretRules(names ...string) []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{fact.GetRule("", "secrets", names...)}
}

// readSecret reads the Secret's metadata and keys.
func readSecret(ctx context.Context, c *kube.Clients, namespace, name string) (SecretInfo, error) {
	request := c.CoreV1().RESTClient().Get().Namespace(namespace).Resource("secrets").Name(name).SetHeader("Accept", "application/json")
	body, err := request.Stream(kube.Streamed(ctx))
	if apierrors.IsNotFound(err) {
		return SecretInfo{}, nil
	}
	if err != nil {
		return SecretInfo{}, err
	}
	defer body.Close()
	return decodeSecret(body)
}

// decodeSecret returns what is kept of a Secret in JSON. No error quotes the text.
func decodeSecret(r io.Reader) (SecretInfo, error) {
	info := SecretInfo{Exists: true}
	d := json.NewDecoder(r)
	err := jsonstream.Object(d, func(key string) error {
		switch key {
		case "metadata":
			var meta secretMetadata
			if err := d.Decode(&meta); err != nil {
				return errSecret("its metadata are invalid")
			}
			info.describe(meta)
			return nil
		case "data", "stringData":
			var all data
			if err := d.Decode(&all); err != nil {
				return errSecret("its data are no object")
			}
			info.Keys, info.Empty = append(info.Keys, all.keys...), append(info.Empty, all.empty...)
			return nil
		}
		return jsonstream.Skip(d)
	})
	if err != nil {
		return SecretInfo{}, errSecret("the API server's answer cannot be read")
	}
	for _, list := range []*[]string{&info.Keys, &info.Empty} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return info, nil
}

// errSecret is an error about a Secret that quotes nothing of it.
type errSecret string

func (e errSecret) Error() string { return "the Secret: " + string(e) }

// keys are the names of a JSON object's members. Their values are dropped.
type keys []string

// UnmarshalJSON implements json.Unmarshaler.
func (k *keys) UnmarshalJSON(text []byte) error {
	var all data
	err := all.UnmarshalJSON(text)
	*k = all.keys
	return err
}

// data are the names of a Secret's keys, and of those without a value. Values are dropped.
type data struct{ keys, empty []string }

// UnmarshalJSON implements json.Unmarshaler.
func (all *data) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	return jsonstream.Object(d, func(key string) error {
		key = redact.Line(key)
		all.keys = append(all.keys, key)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if string(value) == `""` {
			all.empty = append(all.empty, key)
		}
		return nil
	})
}

// secretMetadata is the part of a Secret's metadata that is used. Of the annotations only those of Helm are: kubectl's hold values.
type secretMetadata struct {
	Created     metav1.Time  `json:"creationTimestamp"`
	Deleted     *metav1.Time `json:"deletionTimestamp"`
	Annotations struct {
		Release   string `json:"meta.helm.sh/release-name"`
		Namespace string `json:"meta.helm.sh/release-namespace"`
	} `json:"annotations"`
	ManagedFields []struct {
		Manager string       `json:"manager"`
		Time    *metav1.Time `json:"time"`
		Fields  struct {
			Data keys `json:"f:data"`
		} `json:"fieldsV1"`
	} `json:"managedFields"`
}

func (s *SecretInfo) describe(m secretMetadata) {
	s.Created, s.Deleting = m.Created.UTC(), m.Deleted != nil
	s.Release = releaseOf(m.Annotations.Namespace, m.Annotations.Release)
	for _, f := range m.ManagedFields {
		if f.Time != nil && len(f.Fields.Data) > 0 && f.Time.After(s.Changed) {
			s.Changed, s.Writer = f.Time.UTC(), redact.Line(f.Manager)
		}
	}
}

// releaseOf names a Helm release; empty where there is none.
func releaseOf(namespace, name string) string {
	if name == "" {
		return ""
	}
	return redact.Line(fmt.Sprintf("%s/%s", namespace, name))
}

// SecretElsewhere are the other namespaces that have a Secret with the name of the connection's, where the connection's namespace has none.
// Only metadata leave the API server. Without permission to list Secrets there are none: it is no more than a help.
var SecretElsewhere = &Fact[[]string]{
	Name:  "secret-elsewhere",
	Needs: []check.Need{Connection, Secret},
	Gather: func(ctx context.Context, e *Env) ([]string, []check.Evidence, error) {
		c, err := Connection.From(ctx, e)
		if err != nil || c.Secret == "" {
			return nil, nil, err
		}
		if s, err := Secret.From(ctx, e); err != nil || s.Exists {
			return nil, nil, err
		}
		selector := fields.OneTermEqualSelector("metadata.name", c.Secret).String()
		list, err := e.Clients.Metadata("v1", "secrets").List(ctx, metav1.ListOptions{FieldSelector: selector, Limit: 100})
		if apierrors.IsForbidden(err) {
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		namespaces := []string{}
		for _, o := range list.Items {
			if o.Namespace != e.Target.Namespace {
				namespaces = append(namespaces, o.Namespace)
			}
		}
		slices.Sort(namespaces)
		return namespaces, []check.Evidence{{Source: cmdline.Kubectl("get", "secrets", "-A", "--field-selector", selector)}}, nil
	},
}
