package facts

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
)

// IngressAddress is an address of Ingresses or Gateways, and the Service that has it.
type IngressAddress struct {
	Address string `json:"address"`
	// Service is nil if no Service of the cluster has the address: something outside the cluster serves it.
	Service   *check.Ref `json:"service,omitempty"`
	ClusterIP string     `json:"clusterIP,omitempty"`
	Internal  bool       `json:"internal,omitempty"` // the load balancer is internal
	Selector  string     `json:"selector,omitempty"` // of the Service's pods
	Pods      int        `json:"pods,omitempty"`     // of the Service; Ready of them are Ready
	Ready     int        `json:"ready,omitempty"`
	// Ports maps the pods' ports to the Service's: a Gateway's listeners may have the pods' ports, as Traefik's do.
	Ports map[int32]int32 `json:"ports,omitempty"`
}

// Address returns the entry of the address, or one without a Service if it is unknown.
func (l ControllerList) Address(address string) IngressAddress {
	for _, e := range l.Addresses {
		if e.Address == address {
			return e
		}
	}
	return IngressAddress{Address: address}
}

// port is the port at which the address takes the request.
func (e IngressAddress) port(r ingress.Request) int32 {
	if r.Port == 0 {
		return requestPort(r)
	}
	return cmp.Or(e.Ports[r.Port], r.Port)
}

func (l *ControllerList) addAddresses(ctx context.Context, e *Env, of IngressList) error {
	var addresses []string
	web := []int32{80, 443}
	for _, i := range of.Items {
		for _, a := range i.Addresses {
			if !slices.Contains(addresses, a) {
				addresses = append(addresses, a)
			}
		}
		if i.Gateway != nil {
			for _, l := range i.Gateway.Listeners {
				web = append(web, l.Port)
			}
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	services, err := loadBalancers(ctx, e)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		found := IngressAddress{Address: a}
		if s := serviceAt(services, a, web); s != nil {
			info, _ := ServiceOf(s)
			found.Service = &check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
			found.Internal = info.LoadBalancer != nil && info.LoadBalancer.Internal
			found.Selector = labels.SelectorFromSet(info.Selector).String()
			if ip, err := netip.ParseAddr(info.ClusterIP); err == nil {
				found.ClusterIP = ip.String()
			}
			if len(info.Selector) > 0 { // unlike Cilium's own, which the nodes' agents serve
				pods, err := podsWith(ctx, e, s.Namespace, found.Selector)
				if err != nil {
					return err
				}
				found.Pods, found.Ready = countReady(pods)
				found.Ports = servicePorts(s, pods)
			}
		}
		l.Addresses = append(l.Addresses, found)
	}
	return nil
}

// serviceAt returns the Service that has the address, and one of the TCP ports, or any with nil; nil if none has. Services may share an
// address, each with its own ports. The oldest one counts: whoever may create Services can share the address of a controller's later.
func serviceAt(services []*corev1.Service, address string, ports []int32) *corev1.Service {
	var oldest *corev1.Service
	for _, s := range services {
		has := slices.ContainsFunc(s.Status.LoadBalancer.Ingress, func(in corev1.LoadBalancerIngress) bool {
			return in.IP == address || in.Hostname == address
		})
		serves := ports == nil || slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool {
			return slices.Contains(ports, p.Port) && cmp.Or(p.Protocol, corev1.ProtocolTCP) == corev1.ProtocolTCP
		})
		if has && serves && (oldest == nil || s.CreationTimestamp.Before(&oldest.CreationTimestamp)) {
			oldest = s
		}
	}
	return oldest
}

// servicePorts maps the pods' ports to the Service's, without those that are also ports of the Service.
func servicePorts(s *corev1.Service, pods *corev1.PodList) map[int32]int32 {
	ports := map[int32]int32{}
	for _, p := range s.Spec.Ports {
		to := p.TargetPort.IntVal
		if name := p.TargetPort.StrVal; name != "" && len(pods.Items) > 0 {
			for _, c := range pods.Items[0].Spec.Containers {
				for _, declared := range c.Ports {
					if declared.Name == name {
						to = declared.ContainerPort
					}
				}
			}
		}
		if to != 0 && !slices.ContainsFunc(s.Spec.Ports, func(o corev1.ServicePort) bool { return o.Port == to }) {
			ports[to] = p.Port
		}
	}
	return ports
}

// loadBalancers returns the Services of type LoadBalancer of all namespaces.
func loadBalancers(ctx context.Context, e *Env) ([]*corev1.Service, error) {
	return fact.Cached(e.Shared, "load balancers", func() (list []*corev1.Service, err error) {
		selector := fields.OneTermEqualSelector("spec.type", string(corev1.ServiceTypeLoadBalancer)).String()
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = selector
			return e.Clients.CoreV1().Services(metav1.NamespaceAll).List(ctx, o)
		}, "", func(object runtime.Object) {
			if s, ok := object.(*corev1.Service); ok {
				list = append(list, s)
			}
		})
		return list, err
	})
}
