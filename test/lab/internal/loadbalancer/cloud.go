package loadbalancer

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	cloudprovider "k8s.io/cloud-provider"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// cloud implements the part of a cloud provider that Kubernetes' service controller needs. The controller watches
// Services and writes status and events.
type cloud struct {
	cloudprovider.Interface // nil: the service controller only calls the methods below
	balancer                *Balancer
}

func (c cloud) LoadBalancer() (cloudprovider.LoadBalancer, bool) { return c, true }
func (c cloud) ProviderName() string                             { return "azure" }

func (c cloud) GetLoadBalancerName(context.Context, string, *corev1.Service) string {
	return "kubernetes"
}

func (c cloud) GetLoadBalancer(_ context.Context, _ string, svc *corev1.Service) (*corev1.LoadBalancerStatus, bool, error) {
	f, ok := c.balancer.frontend(svc.UID)
	if !ok {
		return nil, false, nil
	}
	return status(f), true, nil
}

func (c cloud) EnsureLoadBalancer(
	_ context.Context, _ string, svc *corev1.Service, nodes []*corev1.Node,
) (*corev1.LoadBalancerStatus, error) {
	wanted, err := wantedAddr(svc)
	if err != nil {
		return nil, err
	}
	f, err := newFrontend(svc, wanted, pool(nodes))
	if err != nil {
		return nil, err
	}
	if f, err = c.balancer.set(f, given(svc)); err != nil {
		return nil, err
	}
	return status(f), nil
}

func (c cloud) UpdateLoadBalancer(ctx context.Context, cluster string, svc *corev1.Service, nodes []*corev1.Node) error {
	_, err := c.EnsureLoadBalancer(ctx, cluster, svc, nodes)
	return err
}

func (c cloud) EnsureLoadBalancerDeleted(_ context.Context, _ string, svc *corev1.Service) error {
	c.balancer.remove(svc.UID)
	return nil
}

// status leaves ipMode unset, as Azure's does: the API server defaults it to VIP.
func status(f Frontend) *corev1.LoadBalancerStatus {
	return &corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{{IP: f.Addr.String()}}}
}

// wantedAddr returns the address that the Service requests, or none.
func wantedAddr(svc *corev1.Service) (netip.Addr, error) {
	text := strings.TrimSpace(svc.Annotations[annotation+"azure-load-balancer-ipv4"])
	if text == "" {
		text = svc.Spec.LoadBalancerIP
	}
	if text == "" {
		return netip.Addr{}, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || !usable(addr) {
		return addr, fmt.Errorf(
			"reconcileSharedLoadBalancer: user supplied IP Address %s was not found in resource group %s", text,
			layout.NodeGroup,
		)
	}
	return addr, nil
}

// given returns the address in the Service's status, from an earlier load balancer, or none.
func given(svc *corev1.Service) netip.Addr {
	for _, in := range svc.Status.LoadBalancer.Ingress {
		if addr, err := netip.ParseAddr(in.IP); err == nil && usable(addr) {
			return addr
		}
	}
	return netip.Addr{}
}

// pool returns the nodes that are machines: simulated nodes are not in the backend pool.
func pool(nodes []*corev1.Node) []layout.Node {
	var in []layout.Node
	for _, n := range layout.Nodes() {
		for _, k := range nodes {
			if k.Name == n.Name {
				in = append(in, n)
			}
		}
	}
	return in
}
