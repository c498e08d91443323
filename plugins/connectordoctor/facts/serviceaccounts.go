package facts

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// ClientAnnotation names the identity whose tokens the pods of a ServiceAccount get
// (https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html).
const ClientAnnotation = "azure.workload.identity/client-id"

// ServiceAccount is one ServiceAccount of the namespace.
type ServiceAccount struct {
	Name string `json:"name"`
	// Client is the client ID of its annotation, in lower case; empty: it has none.
	Client   string    `json:"client,omitempty"`
	Created  time.Time `json:"created,omitzero"`
	Release  string    `json:"release,omitempty"` // as in SecretInfo
	Deleting bool      `json:"deleting,omitempty"`
}

// ServiceAccountList is the ServiceAccounts of the connection's namespace.
type ServiceAccountList struct {
	Items []ServiceAccount `json:"items"`
}

// Get returns the ServiceAccount with the name.
func (l ServiceAccountList) Get(name string) (ServiceAccount, bool) {
	for _, s := range l.Items {
		if s.Name == name {
			return s, true
		}
	}
	return ServiceAccount{}, false
}

// ByConnector returns those whose names are like those that Service Connector creates.
func (l ServiceAccountList) ByConnector() []ServiceAccount {
	return slices.DeleteFunc(slices.Clone(l.Items), func(s ServiceAccount) bool { return !ByConnector(s.Name) })
}

// ServiceAccounts are those of the connection's namespace.
var ServiceAccounts = &Fact[ServiceAccountList]{
	Name:   "service-accounts",
	Access: []rbacv1.PolicyRule{fact.Rule("", "serviceaccounts", "list")},
	Gather: func(ctx context.Context, e *Env) (ServiceAccountList, []check.Evidence, error) {
		namespace := e.Target.Namespace
		if namespace == "" {
			return ServiceAccountList{Items: []ServiceAccount{}}, nil, nil
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "serviceaccounts", "-n", namespace, "-o", "yaml")}}
		list, err := fact.Cached(e.Shared, "service accounts in "+namespace, func() (ServiceAccountList, error) {
			list := ServiceAccountList{Items: []ServiceAccount{}}
			err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
				return e.Clients.CoreV1().ServiceAccounts(namespace).List(ctx, o)
			}, "", func(object runtime.Object) {
				if s, ok := object.(*corev1.ServiceAccount); ok {
					list.Items = append(list.Items, serviceAccountOf(s))
				}
			})
			return list, err
		})
		return list, seen, err
	},
}

func serviceAccountOf(s *corev1.ServiceAccount) ServiceAccount {
	a := s.Annotations
	return ServiceAccount{
		Name: s.Name, Client: redact.Line(strings.ToLower(a[ClientAnnotation])), Created: s.CreationTimestamp.UTC(),
		Deleting: s.DeletionTimestamp != nil, Release: releaseOf(a["meta.helm.sh/release-namespace"], a["meta.helm.sh/release-name"]),
	}
}
