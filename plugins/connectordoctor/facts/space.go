package facts

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/kube"
)

// Space is what a namespace has of Service Connector but Secrets.
type Space struct {
	Namespace string
	Workloads []Consumer
	Accounts  ServiceAccountList
	Classes   []ProviderClass
}

// Namespaces returns what the namespace has of Service Connector, or each namespace that has something if it is empty. Without permission
// to read SecretProviderClasses there are none.
func Namespaces(ctx context.Context, c *kube.Clients, namespace string) ([]Space, error) {
	e := &Env{Clients: c}
	all := map[string]*Space{}
	in := func(name string) *Space {
		if all[name] == nil {
			all[name] = &Space{Namespace: name}
		}
		return all[name]
	}
	var w workloads
	if err := w.read(ctx, e, namespace); err != nil {
		return nil, err
	}
	for _, o := range w {
		s := in(o.Ref.Namespace)
		s.Workloads = append(s.Workloads, o)
	}
	err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.CoreV1().ServiceAccounts(namespace).List(ctx, o)
	}, "", func(object runtime.Object) {
		if a, ok := object.(*corev1.ServiceAccount); ok && (namespace != "" || all[a.Namespace] != nil) {
			s := in(a.Namespace)
			s.Accounts.Items = append(s.Accounts.Items, serviceAccountOf(a))
		}
	})
	if err != nil {
		return nil, err
	}
	raw, _ := readClasses(ctx, c, namespace)
	for _, item := range raw {
		s := in(item.Metadata.Namespace)
		s.Classes = append(s.Classes, providerClassOf(item))
	}
	spaces := make([]Space, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		spaces = append(spaces, *all[name])
	}
	return spaces, nil
}
