package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// The cluster's DNS, as AKS deploys it (https://learn.microsoft.com/azure/aks/coredns-custom).
const (
	DNSService    = "kube-dns"
	DNSDeployment = "coredns"
)

// DNSServed is who answers pods that ask the cluster's DNS.
type DNSServed struct {
	Endpoints int `json:"endpoints"` // ready ones of its Service
	// Service reports whether the Service exists, and Deployed are its pods. They are read only where there is no endpoint.
	Service  bool     `json:"service,omitempty"`
	Deployed Deployed `json:"deployed,omitzero"`
}

// ClusterDNS is whether somebody answers pods that ask the cluster's DNS.
var ClusterDNS = &Fact[DNSServed]{
	Name:   "cluster-dns",
	Access: []rbacv1.PolicyRule{fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.GetRule("", "services", DNSService), fact.GetRule("apps", "deployments", DNSDeployment), fact.Rule("", "pods", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) (DNSServed, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "endpointslices", "-n", metav1.NamespaceSystem,
			"-l", "kubernetes.io/service-name="+DNSService)}}
		d, err := fact.Cached(e.Shared, "cluster DNS", func() (d DNSServed, err error) {
			service := check.Ref{Kind: "service", Namespace: metav1.NamespaceSystem, Name: DNSService}
			if d.Endpoints, err = cluster.ReadyEndpoints(ctx, e.Clients, service); err != nil || d.Endpoints > 0 {
				return d, err
			}
			_, err = e.Clients.CoreV1().Services(service.Namespace).Get(ctx, service.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return d, nil
			}
			if d.Service = err == nil; err != nil {
				return d, err
			}
			d.Deployed, err = deployed(ctx, e, DNSDeployment)
			return d, err
		})
		return d, seen, err
	},
}
