package facts

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
)

// annotated fills in the Services with ClientAnnotation that select pods which are to get a token and whose ServiceAccount names no
// identity. They are read only where there are such pods; without permission to read them, there are none.
func (l *ConsumerList) annotated(ctx context.Context, e *Env) {
	accounts, err := ServiceAccounts.From(ctx, e)
	if err != nil {
		return // that error is of the checks that need them
	}
	for i := range l.Items {
		c := &l.Items[i]
		if account, _ := accounts.Get(c.Template.ServiceAccount); c.Annotated != "" || c.Template.Label != "true" || account.Client != "" {
			continue
		}
		services, err := annotatedServices(ctx, e)
		if err != nil {
			return
		}
		for _, s := range services {
			if len(s.Spec.Selector) > 0 && labels.SelectorFromSet(s.Spec.Selector).Matches(c.labels) {
				c.Annotated = "service/" + s.Name
			}
		}
	}
}

// annotatedServices returns the Services of the connection's namespace with ClientAnnotation.
func annotatedServices(ctx context.Context, e *Env) ([]*corev1.Service, error) {
	namespace := e.Target.Namespace
	return fact.Cached(e.Shared, "annotated services in "+namespace, func() (all []*corev1.Service, err error) {
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Services(namespace).List(ctx, o)
		}, "", func(object runtime.Object) {
			if s, ok := object.(*corev1.Service); ok && s.Annotations[ClientAnnotation] != "" {
				all = append(all, s)
			}
		})
		return all, err
	})
}
