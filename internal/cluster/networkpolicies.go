package cluster

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/kube"
)

// NetworkPolicies lists the NetworkPolicies of the namespace.
func NetworkPolicies(ctx context.Context, c *kube.Clients, namespace string) (list []*networkingv1.NetworkPolicy, err error) {
	err = Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.NetworkingV1().NetworkPolicies(namespace).List(ctx, o)
	}, "", func(object runtime.Object) {
		if p, ok := object.(*networkingv1.NetworkPolicy); ok {
			list = append(list, p)
		}
	})
	return list, err
}
