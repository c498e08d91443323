package facts

import (
	"context"
	"net/netip"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// NamedServiceInfo is the Service that the destination's host names, by the rules of the cluster's DNS.
type NamedServiceInfo struct {
	Exists  bool        `json:"exists,omitempty"`
	Service ServiceInfo `json:"service,omitzero"`
}

// ExternalAddress returns the external name of the Service if that is an IP address, which no DNS record can lead to; else "".
func (n NamedServiceInfo) ExternalAddress() string {
	if _, err := netip.ParseAddr(n.Service.ExternalName); err != nil {
		return ""
	}
	return n.Service.ExternalName
}

// HeadlessPort returns the port of the pods to which the headless Service would lead from the port, were it not headless: clients connect
// to the pods themselves, and nothing translates the port. It is empty if they are the same.
func (n NamedServiceInfo) HeadlessPort(port int32) string {
	for _, p := range n.Service.Ports {
		if n.Service.Headless && p.Number == port && p.Protocol == "TCP" && p.TargetPort != "" && p.TargetPort != "0" {
			if number, ok := p.Target(nil); !ok || number != port {
				return p.TargetPort
			}
		}
	}
	return ""
}

// NamedService is read only where the destination's name does not resolve, or its address does not connect.
var NamedService = &Fact[NamedServiceInfo]{
	Name:   "named-service",
	Needs:  []check.Need{Origin},
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "get")},
	Gather: func(ctx context.Context, e *Env) (NamedServiceInfo, []check.Evidence, error) {
		var n NamedServiceInfo
		o, err := Origin.From(ctx, e)
		if err != nil {
			return n, nil, err
		}
		name, namespace, ok := serviceOfHost(o.To.Host, o.Namespace)
		if !ok {
			return n, nil, nil
		}
		s, err := e.Clients.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return n, nil, nil
		}
		if err != nil {
			return n, nil, err
		}
		info, seen := ServiceOf(s)
		return NamedServiceInfo{Exists: true, Service: info}, seen, nil
	},
}

// serviceOfHost returns the name and namespace of the Service that the host may name for a pod of the namespace
// (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). ok is false for an address, and for a name outside the
// cluster's domain.
func serviceOfHost(host, own string) (name, namespace string, ok bool) {
	if _, err := netip.ParseAddr(host); err == nil {
		return "", "", false
	}
	host = strings.TrimSuffix(host, ".")
	short, isFull := strings.CutSuffix(host, ".svc.cluster.local")
	if !isFull {
		short, isFull = strings.CutSuffix(host, ".svc")
	}
	switch labels := strings.Split(short, "."); {
	case len(labels) == 1 && !isFull:
		return labels[0], own, labels[0] != ""
	case len(labels) == 2:
		return labels[0], labels[1], true
	case len(labels) == 3 && isFull: // of a pod
		return labels[1], labels[2], true
	}
	return "", "", false
}
