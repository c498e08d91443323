package facts

import (
	"context"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
)

// Slices are the EndpointSlices of the Service, in the order of their names.
var Slices = &Fact[[]endpoints.Slice]{
	Name:   "endpoint-slices",
	Access: []rbacv1.PolicyRule{fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	Gather: func(ctx context.Context, e *Env) ([]endpoints.Slice, []check.Evidence, error) {
		selector := slicesOf(e.Target.Name)
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "endpointslices", "-n", e.Target.Namespace, "-l", selector, "-o", "yaml"}}}
		if !e.Shared.ListsOnce(e.Target.Namespace) {
			all, err := listSlices(ctx, e, selector)
			return all, seen, err
		}
		all, err := fact.Cached(e.Shared, "endpoint slices in "+e.Target.Namespace, func() ([]endpoints.Slice, error) { return listSlices(ctx, e, "") })
		of := slices.DeleteFunc(slices.Clone(all), func(s endpoints.Slice) bool { return s.Service != e.Target.Name })
		return append([]endpoints.Slice{}, of...), seen, err
	},
}

// slicesOf is the label selector of the Service's EndpointSlices.
func slicesOf(service string) string {
	return labels.Set{discoveryv1.LabelServiceName: service}.String()
}

// listSlices lists EndpointSlices as they are now, in the order of their names.
func listSlices(ctx context.Context, e *Env, selector string) ([]endpoints.Slice, error) {
	all := []endpoints.Slice{}
	err := each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.DiscoveryV1().EndpointSlices(e.Target.Namespace).List(ctx, o)
	}, selector, func(object runtime.Object) {
		if s, ok := object.(*discoveryv1.EndpointSlice); ok {
			all = append(all, sliceOf(s))
		}
	})
	slices.SortFunc(all, func(a, b endpoints.Slice) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func sliceOf(s *discoveryv1.EndpointSlice) endpoints.Slice {
	slice := endpoints.Slice{Name: s.Name, Service: s.Labels[discoveryv1.LabelServiceName], ManagedBy: s.Labels[discoveryv1.LabelManagedBy]}
	for _, p := range s.Ports {
		slice.Ports = append(slice.Ports, endpoints.SlicePort{Name: ptr.Deref(p.Name, ""), Number: ptr.Deref(p.Port, 0), Protocol: string(ptr.Deref(p.Protocol, "TCP"))})
	}
	for _, ep := range s.Endpoints {
		pod := ""
		if ep.TargetRef != nil && ep.TargetRef.Kind == "Pod" {
			pod = ep.TargetRef.Name
		}
		for _, address := range ep.Addresses[:min(1, len(ep.Addresses))] { // only the first counts
			slice.Endpoints = append(slice.Endpoints, endpoints.Endpoint{Address: address, Pod: pod, Ready: ptr.Deref(ep.Conditions.Ready, true)})
		}
	}
	return slice
}
