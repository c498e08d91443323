package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// AnnotatedServices are the Services of the connection's namespace with ClientAnnotation, which only counts at ServiceAccounts. They are
// read where labelled pods use a ServiceAccount without it.
var AnnotatedServices = &Fact[[]string]{
	Name:   "annotated-services",
	Needs:  []check.Need{Consumers, ServiceAccounts},
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "list")},
	Gather: func(ctx context.Context, e *Env) ([]string, []check.Evidence, error) {
		names := []string{}
		consumers, err := Consumers.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		accounts, err := ServiceAccounts.From(ctx, e)
		if err != nil || !consumers.nameless(accounts) {
			return names, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "services", "-n", e.Target.Namespace, "-o", "yaml")}}
		services := e.Clients.Metadata("v1", "services").Namespace(e.Target.Namespace)
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return services.List(ctx, o)
		}, "", func(object runtime.Object) {
			if s, ok := object.(*metav1.PartialObjectMetadata); ok && s.Annotations[ClientAnnotation] != "" {
				names = append(names, s.Name)
			}
		})
		return names, seen, err
	},
}

// nameless reports whether pods of a workload are to get a token by their label, and their ServiceAccount names no identity.
func (l ConsumerList) nameless(accounts ServiceAccountList) bool {
	for _, c := range l.Items {
		if a, _ := accounts.Get(c.Template.ServiceAccount); c.Template.Label == "true" && a.Client == "" {
			return true
		}
	}
	return false
}
