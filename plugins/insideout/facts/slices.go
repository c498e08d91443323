package facts

import (
	"context"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
)

// Slices are the EndpointSlices of the Service, ordered by name.
var Slices = &Fact[[]endpoints.Slice]{
	Name:   "endpoint-slices",
	Access: []rbacv1.PolicyRule{fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	Gather: func(ctx context.Context, e *Env) ([]endpoints.Slice, []check.Evidence, error) {
		selector := slicesOf(e.Target.Name)
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "endpointslices", "-n", e.Target.Namespace, "-l", selector, "-o", "yaml")}}
		if !e.Shared.ListsOnce(e.Target.Namespace) {
			all, err := cluster.EndpointSlices(ctx, e.Clients, e.Target.Namespace, selector)
			return all, seen, err
		}
		all, err := fact.Cached(e.Shared, "endpoint slices in "+e.Target.Namespace, func() ([]endpoints.Slice, error) {
			return cluster.AllEndpointSlices(ctx, e.Clients, e.Target.Namespace)
		})
		of := slices.DeleteFunc(slices.Clone(all), func(s endpoints.Slice) bool { return s.Service != e.Target.Name })
		return append([]endpoints.Slice{}, of...), seen, err
	},
}

// slicesOf returns the label selector of the Service's EndpointSlices.
func slicesOf(service string) string {
	return labels.Set{discoveryv1.LabelServiceName: service}.String()
}
