package facts

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// AddressTaker is a Service that has an address of the API server for its own, so that kube-proxy sends what nodes and pods send to that
// address to the Service's pods (https://github.com/kubernetes/kubernetes/issues/97076).
type AddressTaker struct {
	Service  check.Ref `json:"service"`
	Address  string    `json:"address"`
	External bool      `json:"external,omitempty"` // it is one of its externalIPs, not of its load balancer
}

// AddressTakers are the Services that have an address to which the API server's name resolves on a node.
var AddressTakers = &Fact[[]AddressTaker]{
	Name:   "address-takers",
	Needs:  []check.Need{AgentNodeReports},
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "list")},
	Gather: func(ctx context.Context, e *Env) ([]AddressTaker, []check.Evidence, error) {
		reports, err := AgentNodeReports.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		var addresses []string
		for _, r := range reports.Items {
			if r.Report.API != nil {
				addresses = append(addresses, r.Report.API.Addresses...)
			}
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "services", "-A", "-o", "wide")}}
		all := []AddressTaker{}
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Services("").List(ctx, o)
		}, "", func(object runtime.Object) {
			if s, ok := object.(*corev1.Service); ok {
				all = append(all, takes(s, addresses)...)
			}
		})
		return all, seen, err
	},
}

// takes returns which of the addresses the Service has.
func takes(s *corev1.Service, addresses []string) (all []AddressTaker) {
	ref := check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	for _, ip := range s.Spec.ExternalIPs {
		if slices.Contains(addresses, ip) {
			all = append(all, AddressTaker{ref, ip, true})
		}
	}
	for _, i := range s.Status.LoadBalancer.Ingress {
		if slices.Contains(addresses, i.IP) {
			all = append(all, AddressTaker{ref, i.IP, false})
		}
	}
	return all
}
