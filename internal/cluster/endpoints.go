package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/kube"
)

// ReadyEndpoints returns how many ready endpoints the Service has.
func ReadyEndpoints(ctx context.Context, c *kube.Clients, service check.Ref) (int, error) {
	list, err := c.DiscoveryV1().EndpointSlices(
		service.Namespace,
	).List(
		ctx,
		metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service.Name},
	)
	if err != nil {
		return 0, fmt.Errorf("the endpoints of %s in namespace %s: %w", service, service.Namespace, err)
	}
	n := 0
	for _, s := range list.Items {
		for _, endpoint := range s.Endpoints {
			if ptr.Deref(endpoint.Conditions.Ready, true) {
				n += len(endpoint.Addresses)
			}
		}
	}
	return n, nil
}

// EndpointSlices lists EndpointSlices of the namespace in the order of their names.
func EndpointSlices(ctx context.Context, c *kube.Clients, namespace, selector string) ([]endpoints.Slice, error) {
	all := []endpoints.Slice{}
	err := Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.DiscoveryV1().EndpointSlices(namespace).List(ctx, o)
	}, selector, func(object runtime.Object) {
		if s, ok := object.(*discoveryv1.EndpointSlice); ok {
			all = append(all, sliceOf(s))
		}
	})
	slices.SortFunc(all, func(a, b endpoints.Slice) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// AllEndpointSlices lists all EndpointSlices of a namespace, which may be many, in the order of their names.
func AllEndpointSlices(ctx context.Context, c *kube.Clients, namespace string) ([]endpoints.Slice, error) {
	all := []endpoints.Slice{}
	err := EachLarge(ctx, c.DiscoveryV1().RESTClient(), "endpointslices", namespace, func(s *discoveryv1.EndpointSlice) {
		all = append(all, sliceOf(s))
	})
	slices.SortFunc(all, func(a, b endpoints.Slice) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func sliceOf(s *discoveryv1.EndpointSlice) endpoints.Slice {
	slice := endpoints.Slice{Name: s.Name, Service: s.Labels[discoveryv1.LabelServiceName], ManagedBy: s.Labels[discoveryv1.LabelManagedBy]}
	for _, p := range s.Ports {
		slice.Ports = append(
			slice.Ports,
			endpoints.SlicePort{Name: ptr.Deref(p.Name, ""), Number: ptr.Deref(p.Port, 0), Protocol: string(ptr.Deref(p.Protocol, "TCP"))},
		)
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
